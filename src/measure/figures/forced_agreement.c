/* forced_agreement.c - two servers' facts beside each other. */
#include "figures/forced_agreement.h"

#include <string.h>

enum { TOP_LETTERS = 8 };

static const char *text_of(const run_record *run, int subject, int server, fact_name name)
{
    const fact_record *const f = server >= 0 ? run_fact(run, subject, server, name) : NULL;
    return f != NULL ? f->text : "";
}

forced_agreement forced_agreement_of(const run_record *run, int subject, int server_a, int server_b)
{
    const char *const a = text_of(run, subject, server_a, FACT_FORCED_TOPS);
    const char *const b = text_of(run, subject, server_b, FACT_FORCED_TOPS);
    const char *const hash = text_of(run, subject, server_a, FACT_FORCED_HASH);
    const size_t n = strlen(a) / TOP_LETTERS;
    if (n == 0 || strlen(a) != strlen(b) || n * TOP_LETTERS != strlen(a) || hash[0] == '\0')
        return (forced_agreement){0};
    forced_agreement f = {.n_positions = (int)n};
    for (size_t i = 0; i < n; i++)
        f.n_same += memcmp(a + i * TOP_LETTERS, b + i * TOP_LETTERS, TOP_LETTERS) == 0;
    f.is_equal = strcmp(hash, text_of(run, subject, server_b, FACT_FORCED_HASH)) == 0;
    return f;
}
