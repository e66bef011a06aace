/* Any bytes as a protocol: refused with a reason, or every value lies within its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "protocol/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plan(const test_plan *plan)
{
    if (plan->prompt[0] == '\0' || plan->name[0] == '\0' || plan->max_tokens < 1 ||
        plan->max_tokens > LIMIT_CTX_TOKENS || !(plan->temperature >= 0 && plan->temperature <= 2) || plan->seed < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench_protocol *p;
    sw_err err = {0};
    const sw_code code = protocol_parse(&p, (const char *)data, size, "fuzz", NULL, &err);
    if ((code == SW_OK) != (p != NULL) || (code == SW_OK) != (err.msg[0] == '\0'))
        abort();
    if (p == NULL)
        return 0;
    if (p->n_tests < 1 || p->n_tests > LIMIT_PROTOCOL_TESTS ||
        !(p->settings.pause_s >= 0 && p->settings.pause_s <= 3600))
        abort();
    for (size_t i = 0; i < p->n_tests; i++)
        check_plan(&p->tests[i].plan);
    if (p->has_warmup)
        check_plan(&p->warmup);
    bench_protocol *again;
    if (protocol_parse(&again, p->json, size, "fuzz", NULL, &err) != SW_OK || strcmp(again->hash, p->hash) != 0)
        abort();
    protocol_free(again);
    protocol_free(p);
    return 0;
}
