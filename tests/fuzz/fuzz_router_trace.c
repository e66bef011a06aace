/* Traces and profiles of experts: what is read is in its bounds, every rule runs on it, and a profile that is written
 * reads as the same. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cache/cache_policy.h"
#include "cache/expert_profile.h"
#include "fuzz_check.h"

enum { TEXT_BYTES_MAX = 1 << 26 };

static void check_trace(const router_trace *t)
{
    check(t->n_tokens >= 2 && t->n_layers >= 1 && t->n_layers <= LIMIT_MODEL_LAYERS);
    check(t->n_used >= 1 && t->n_used <= t->n_experts && t->n_experts <= LIMIT_MODEL_EXPERTS);
    const cache_setting setting = {t, t->n_experts, t->n_experts / 2, 256, 0.5, 2};
    cache_outcome best, other;
    check(cache_simulate(&best, &setting, CACHE_OPTIMUM, NULL, NULL) == SW_OK);
    for (cache_rule rule = 0; rule < N_CACHE_RULES; rule++) {
        check(cache_simulate(&other, &setting, rule, NULL, NULL) == SW_OK);
        check(other.n_hits <= best.n_hits && other.n_uses == best.n_uses && best.n_hits <= best.n_uses);
    }
}

static void check_profile(const expert_profile *p)
{
    buf text;
    expert_profile again;
    buf_init(&text, TEXT_BYTES_MAX);
    expert_profile_write(&text, p);
    check(text.failed == SW_OK && expert_profile_parse(&again, buf_str(&text), text.size, "again", NULL) == SW_OK);
    const size_t n = (size_t)p->n_layers * (size_t)p->n_experts;
    check(again.n_tokens == p->n_tokens && again.n_layers == p->n_layers && again.n_experts == p->n_experts);
    check(memcmp(again.counts, p->counts, n * sizeof *p->counts) == 0);
    expert_profile_free(&again);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    router_trace t;
    expert_profile p;
    sw_err err = {0};
    char *const text = mem_strndup((const char *)data, size);
    if (router_trace_parse(&t, text, size, "input", &err) == SW_OK) {
        check_trace(&t);
        check(expert_profile_from_trace(&p, &t, t.n_experts, NULL) == SW_OK);
        check_profile(&p);
        expert_profile_free(&p);
    } else {
        check(err.msg[0] != '\0');
    }
    router_trace_free(&t);
    if (expert_profile_parse(&p, text, size, "input", NULL) == SW_OK)
        check_profile(&p);
    expert_profile_free(&p);
    mem_free(text);
    return 0;
}
