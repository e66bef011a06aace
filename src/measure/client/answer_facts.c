/* answer_facts.c - the members `usage`, `timings`, `sampling`, `token_ids` and `experts`. */
#include "client/answer_facts.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

// Counts above this are nonsense, and sums of them might overflow; so are times above a year.
static const double COUNT_MAX = 1e9, MS_MAX = 3.2e10;

enum { TOKEN_IDS_MAX = 1 << 20, LAYERS_MAX = 1024, EXPERTS_MAX = 65536, CELLS_MAX = 1 << 20 };

void answer_facts_init(answer_facts *f)
{
    *f = (answer_facts){0};
    f->prompt_tokens = f->cached_tokens = f->completion_tokens = f->reasoning_tokens = -1;
    f->prompt_n = f->cache_n = f->predicted_n = -1;
    f->temperature = f->queue_ms = f->prompt_ms = f->decode_ms = NAN;
    f->seed = -1;
}

void answer_facts_free(answer_facts *f)
{
    mem_free(f->token_ids);
    mem_free(f->counts);
    answer_facts_init(f);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* Raises *out to `number` if that is a count; anything else (null, a negative number, a text) leaves it, and -1 is "not
 * sent".  Servers that send a count with every chunk let it grow. */
static void take_count(int64_t *out, const json_t *number)
{
    const double count = json_is_number(number) ? json_number_value(number) : -1;
    if (count >= 0 && count <= COUNT_MAX && (int64_t)count > *out)
        *out = (int64_t)count;
}

/* The latest of a number that is from 0 to max. */
static void take_number(double *out, const json_t *number, double max)
{
    const double value = json_is_number(number) ? json_number_value(number) : -1;
    if (value >= 0 && value <= max)
        *out = value;
}

/* The usage object, which most servers send once, in a chunk of its own at the end.  Members that are missing stay -1.
 */
static void take_usage(answer_facts *f, const json_t *usage)
{
    take_count(&f->prompt_tokens, json_object_get(usage, "prompt_tokens"));
    take_count(&f->completion_tokens, json_object_get(usage, "completion_tokens"));
    take_count(&f->cached_tokens, json_object_get(json_object_get(usage, "prompt_tokens_details"), "cached_tokens"));
    take_count(&f->reasoning_tokens,
               json_object_get(json_object_get(usage, "completion_tokens_details"), "reasoning_tokens"));
}

/* llama-server's object; queue_ms is spillway's. */
static void take_timings(answer_facts *f, const json_t *timings)
{
    take_count(&f->prompt_n, json_object_get(timings, "prompt_n"));
    take_count(&f->cache_n, json_object_get(timings, "cache_n"));
    take_count(&f->predicted_n, json_object_get(timings, "predicted_n"));
    take_number(&f->prompt_ms, json_object_get(timings, "prompt_ms"), MS_MAX);
    take_number(&f->decode_ms, json_object_get(timings, "predicted_ms"), MS_MAX);
    take_number(&f->queue_ms, json_object_get(timings, "queue_ms"), MS_MAX);
}

static void take_sampling(answer_facts *f, const json_t *sampling)
{
    const json_t *const seed = json_object_get(sampling, "seed");
    take_number(&f->temperature, json_object_get(sampling, "temperature"), 1000);
    if (json_is_integer(seed) && json_integer_value(seed) >= 0)
        f->seed = json_integer_value(seed);
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

/* Appends the ids of one piece. */
static void take_token_ids(answer_facts *f, const json_t *ids)
{
    const size_t n = json_array_size(ids);
    if (n == 0 || f->has_bad_ids)
        return;
    f->has_bad_ids = n > TOKEN_IDS_MAX - f->n_token_ids ||
                     !mem_grow(&f->token_ids, &f->cap_token_ids, f->n_token_ids + n, sizeof *f->token_ids);
    for (size_t i = 0; i < n && !f->has_bad_ids; i++) {
        const json_t *const id = json_array_get(ids, i);
        f->has_bad_ids = !json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) > INT32_MAX;
        if (!f->has_bad_ids)
            f->token_ids[f->n_token_ids++] = (int32_t)json_integer_value(id);
    }
}

/* Adds the counts of one layer to `sums`; returns false if they are not n counts. */
static bool add_counts(uint64_t *sums, size_t n, const json_t *counts)
{
    if (json_array_size(counts) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *const count = json_array_get(counts, i);
        if (!json_is_integer(count) || json_integer_value(count) < 0 || (double)json_integer_value(count) > COUNT_MAX)
            return false;
        sums[i] += (uint64_t)json_integer_value(count);
    }
    return true;
}

/* Adds one half of the answer (prompt or generated) to `sums`, (n_layers, n_experts). */
static bool add_half(uint64_t *sums, expert_counts *e, const json_t *half)
{
    const json_t *const layers = json_object_get(half, "layers");
    const json_t *const n_tokens = json_object_get(half, "n_tokens");
    bool ok = json_array_size(layers) == (size_t)e->n_layers && json_is_integer(n_tokens) &&
              json_integer_value(n_tokens) >= 0 && (double)json_integer_value(n_tokens) <= COUNT_MAX;
    if (ok)
        e->n_tokens += json_integer_value(n_tokens);
    for (int i = 0; ok && i < e->n_layers; i++)
        ok = add_counts(sums + (size_t)i * (size_t)e->n_experts, (size_t)e->n_experts,
                        json_object_get(json_array_get(layers, (size_t)i), "counts"));
    return ok;
}

/* Sets n_used; returns false unless every layer has the same number of choices, a multiple of n_tokens. */
static bool derive_n_used(expert_counts *e, const uint64_t *sums)
{
    for (int i = 0; i < e->n_layers; i++) {
        uint64_t n = 0;
        for (int k = 0; k < e->n_experts; k++)
            n += sums[(size_t)i * (size_t)e->n_experts + (size_t)k];
        if (e->n_tokens == 0 || n == 0 || n % (uint64_t)e->n_tokens != 0)
            return false;
        const uint64_t n_used = n / (uint64_t)e->n_tokens;
        if (n_used > (uint64_t)e->n_experts || (i > 0 && n_used != (uint64_t)e->n_used))
            return false;
        e->n_used = (int)n_used;
    }
    return true;
}

/* spillway's object (docs/api.md, "Of one request"): prompt and answer together.  Replaces what came before. */
static void take_experts(answer_facts *f, const json_t *experts)
{
    const json_t *const prompt = json_object_get(experts, "prompt");
    const json_t *const layers = json_object_get(prompt, "layers");
    const size_t n_layers = json_array_size(layers);
    const size_t n_experts = json_array_size(json_object_get(json_array_get(layers, 0), "counts"));
    if (n_layers == 0 || n_layers > LAYERS_MAX || n_experts == 0 || n_experts > EXPERTS_MAX ||
        n_layers * n_experts > CELLS_MAX)
        return;
    uint64_t *const sums = mem_calloc(n_layers * n_experts, sizeof *sums);
    expert_counts e = {.n_layers = (int)n_layers, .n_experts = (int)n_experts, .counts = sums};
    if (sums == NULL || !add_half(sums, &e, prompt) || !add_half(sums, &e, json_object_get(experts, "generated")) ||
        !derive_n_used(&e, sums)) {
        mem_free(sums);
        return;
    }
    mem_free(f->counts);
    f->counts = sums;
    f->experts = e;
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

void answer_facts_take(answer_facts *f, const json_t *document)
{
    const json_t *const choice = json_array_get(json_object_get(document, "choices"), 0);
    take_usage(f, json_object_get(document, "usage"));
    take_timings(f, json_object_get(document, "timings"));
    take_sampling(f, json_object_get(document, "sampling"));
    take_token_ids(f, json_object_get(choice, "token_ids"));
    take_experts(f, json_object_get(document, "experts"));
}

int64_t answer_facts_n_sampled(const answer_facts *f)
{
    return f->predicted_n > f->completion_tokens ? f->predicted_n : f->completion_tokens;
}

/* What `usage` lacks is taken from `timings`, whose prompt_n does not count what came from the cache. */
void answer_facts_put(const answer_facts *f, answer_record *a)
{
    a->prompt_tokens =
        f->prompt_tokens >= 0 || f->prompt_n < 0 || f->cache_n < 0 ? f->prompt_tokens : f->prompt_n + f->cache_n;
    a->cached_tokens = f->cached_tokens >= 0 ? f->cached_tokens : f->cache_n;
    a->completion_tokens = f->completion_tokens >= 0 ? f->completion_tokens : f->predicted_n;
    a->reasoning_tokens = f->reasoning_tokens;
    a->temperature = f->temperature;
    a->queue_ms = f->queue_ms;
    a->prompt_ms = f->prompt_ms;
    a->decode_ms = f->decode_ms;
    a->seed = f->seed;
    if (!f->has_bad_ids && f->n_token_ids > 0) {
        a->token_ids = f->token_ids;
        a->n_token_ids = f->n_token_ids;
    }
    a->experts = f->experts;
}
