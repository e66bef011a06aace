#include "engine/adjust.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"

static bool has_penalties(const sw_sampling *s)
{
    const bool repeats = s->repeat_penalty != 0 && s->repeat_penalty != 1 && s->repeat_last_n != 0;
    return repeats || s->presence_penalty != 0 || s->frequency_penalty != 0;
}

/* Room for n_max different tokens, the hash table at most half full. */
static bool allocate_counts(adjuster *a, int32_t n_max)
{
    size_t n_places = 16;
    while (n_places < 2 * (size_t)n_max)
        n_places *= 2;
    a->mask = (uint32_t)n_places - 1;
    a->counts = mem_calloc((size_t)n_max, sizeof *a->counts);
    a->places = mem_calloc(n_places, sizeof *a->places);
    return a->counts != NULL && a->places != NULL;
}

sw_code adjust_init(adjuster *a, const sw_sampling *s, int32_t n_max, sw_err *err)
{
    *a = (adjuster){.repeat_penalty = s->repeat_penalty != 0 ? s->repeat_penalty : 1,
                    .presence_penalty = s->presence_penalty,
                    .frequency_penalty = s->frequency_penalty,
                    .last_n = s->repeat_last_n >= 0 ? s->repeat_last_n : INT32_MAX};
    bool is_ok = !has_penalties(s) || allocate_counts(a, n_max);
    if (is_ok && s->n_biases > 0) {
        a->biases = mem_calloc(s->n_biases, sizeof *a->biases);
        is_ok = a->biases != NULL;
    }
    if (!is_ok) {
        adjust_free(a);
        return sw_fail(err, SW_ENOMEM, "job: out of memory for penalties");
    }
    if (s->n_biases > 0)
        memcpy(a->biases, s->biases, s->n_biases * sizeof *a->biases);
    a->n_biases = s->n_biases;
    return SW_OK;
}

void adjust_free(adjuster *a)
{
    mem_free(a->biases);
    mem_free(a->counts);
    mem_free(a->places);
    *a = (adjuster){0};
}

bool adjust_is_needed(const adjuster *a)
{
    return a->n_biases > 0 || a->counts != NULL;
}

/* The count of a token, which is added with zeros when it is new. */
static token_count *count_of(adjuster *a, int32_t id)
{
    uint32_t place = ((uint32_t)id * 2654435761u) & a->mask; // Knuth's multiplicative hash
    while (a->places[place] != 0) {
        token_count *const c = &a->counts[a->places[place] - 1];
        if (c->id == id)
            return c;
        place = (place + 1) & a->mask;
    }
    a->counts[a->n_counts] = (token_count){.id = id};
    a->places[place] = (int32_t)++a->n_counts;
    return &a->counts[a->n_counts - 1];
}

/* Counts the tokens that came since the last call, and lets go of those that left the window. */
static void catch_up(adjuster *a, const int32_t *tokens, int32_t n_prompt, int32_t n_tokens)
{
    const int32_t first = n_prompt > a->last_n ? n_prompt - a->last_n : 0; // what is before was never in the window
    if (a->n_seen < first)
        a->n_seen = first;
    for (; a->n_seen < n_tokens; a->n_seen++) {
        token_count *const c = count_of(a, tokens[a->n_seen]);
        c->n_generated += a->n_seen >= n_prompt;
        c->n_recent++;
        if (a->n_seen - first >= a->last_n)
            count_of(a, tokens[a->n_seen - a->last_n])->n_recent--;
    }
}

static float bounded(float x)
{
    return fminf(fmaxf(x, -FLT_MAX), FLT_MAX);
}

static float penalized(const adjuster *a, const token_count *c, float logit)
{
    float x = logit;
    if (c->n_recent > 0)
        x = x > 0 ? x / a->repeat_penalty : x * a->repeat_penalty;
    if (c->n_generated > 0)
        x -= a->presence_penalty + a->frequency_penalty * (float)c->n_generated;
    return bounded(x);
}

void adjust_apply(adjuster *a, float *logits, int n_vocab, const int32_t *tokens, int32_t n_prompt, int32_t n_tokens)
{
    (void)n_vocab; // where nothing is asserted
    for (size_t i = 0; i < a->n_biases; i++) {
        assert(a->biases[i].id >= 0 && a->biases[i].id < n_vocab);
        float *const logit = &logits[a->biases[i].id];
        if (isfinite(*logit))
            *logit = bounded(*logit + a->biases[i].bias);
    }
    if (a->counts == NULL)
        return;
    catch_up(a, tokens, n_prompt, n_tokens);
    for (size_t i = 0; i < a->n_counts; i++) {
        float *const logit = &logits[a->counts[i].id];
        if (isfinite(*logit))
            *logit = penalized(a, &a->counts[i], *logit);
    }
}
