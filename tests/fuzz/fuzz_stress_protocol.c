/* Any bytes as a stress protocol: refused with a reason, or every value lies within its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "stress/stress_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_stage(const stress_suite *suite, const stress_stage *s)
{
    const bool needs_prompt = stress_work_asks_prompts(s->work);
    if (s->work < 0 || s->work >= N_STRESS_WORKS || s->name[0] == '\0' || s->n_sessions < 1 ||
        s->n_sessions > STRESS_SESSIONS_MAX || s->n_requests < 0 || !(s->duration_s >= 0) || !(s->think_s >= 0) ||
        (needs_prompt && (suite->n_prompts == 0 || s->n_max_tokens == 0)))
        abort();
    for (size_t i = 0; i < s->n_max_tokens; i++) {
        if (s->max_tokens[i] < 1 || s->max_tokens[i] > LIMIT_CTX_TOKENS)
            abort();
    }
    if (stress_stage_requests(suite, s) < 0 || !(stress_stage_seconds(suite, s, 10) >= 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    stress_protocol *p, *again;
    sw_err err = {0};
    const sw_code code = stress_protocol_parse(&p, (const char *)data, size, "fuzz", &err);
    if ((code == SW_OK) != (p != NULL) || (code == SW_OK) != (err.msg[0] == '\0'))
        abort();
    if (p == NULL)
        return 0;
    if ((p->n_suites < 1 && p->criteria.n < 1) || p->n_suites > STRESS_SUITES_MAX)
        abort();
    for (size_t i = 0; i < p->n_suites; i++) {
        for (size_t k = 0; k < p->suites[i].n_stages; k++)
            check_stage(&p->suites[i], &p->suites[i].stages[k]);
    }
    if (stress_protocol_parse(&again, p->json, size, "fuzz", &err) != SW_OK || strcmp(again->hash, p->hash) != 0)
        abort();
    stress_protocol_free(again);
    stress_protocol_free(p);
    return 0;
}
