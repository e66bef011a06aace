/* nearest.c - the distance of two short words, by the usual table of their beginnings. */
#include "cmd/nearest.h"

#include <string.h>

enum { WORD_MAX = 40, ERRORS_MAX = 3 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Typing errors between a[0..n) and b[0..m), each of at most WORD_MAX bytes. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            const size_t changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least(changed, 1 + least(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

void nearest_offer(nearest *n, const char *candidate)
{
    const char *const word = n->word + strspn(n->word, "-"), *const other = candidate + strspn(candidate, "-");
    const size_t n_word = strlen(word), n_other = strlen(other);
    if (n_word < 2 || n_word > WORD_MAX || n_other > WORD_MAX)
        return;
    const size_t n_allowed = least((n_word + 1) / 3, ERRORS_MAX);
    size_t n_errors = distance(word, n_word, other, n_other);
    if (n_word >= 3 && strncmp(word, other, n_word) == 0)
        n_errors = least(n_errors, 1);
    if (n_errors <= n_allowed && (n->found == NULL || n_errors < n->n_errors)) {
        n->found = candidate;
        n->n_errors = n_errors;
    }
}
