/* penalties.c - counts tokens in a hash table that only grows by the tokens since the last step. */
#include "engine/penalties.h"

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

/* Room for n_max different tokens; the hash table is at most half full.  False when memory is short. */
static bool allocate_counts(penalties *p, int32_t n_max)
{
    size_t n_places = 16;
    while (n_places < 2 * (size_t)n_max)
        n_places *= 2;
    p->mask = (uint32_t)n_places - 1;
    p->counts = mem_calloc((size_t)n_max, sizeof *p->counts);
    p->places = mem_calloc(n_places, sizeof *p->places);
    return p->counts != NULL && p->places != NULL;
}

sw_code penalties_init(penalties *p, const sw_sampling *s, int32_t n_max, sw_err *err)
{
    *p = (penalties){.repeat_penalty = s->repeat_penalty != 0 ? s->repeat_penalty : 1,
                     .presence_penalty = s->presence_penalty,
                     .frequency_penalty = s->frequency_penalty,
                     .last_n = s->repeat_last_n >= 0 ? s->repeat_last_n : INT32_MAX};
    bool is_ok = !has_penalties(s) || allocate_counts(p, n_max);
    if (is_ok && s->n_biases > 0) {
        p->biases = mem_calloc(s->n_biases, sizeof *p->biases);
        is_ok = p->biases != NULL;
    }
    if (!is_ok) {
        penalties_free(p);
        return sw_fail(err, SW_ENOMEM, "job: out of memory for penalties");
    }
    if (s->n_biases > 0)
        memcpy(p->biases, s->biases, s->n_biases * sizeof *p->biases);
    p->n_biases = s->n_biases;
    return SW_OK;
}

void penalties_free(penalties *p)
{
    mem_free(p->biases);
    mem_free(p->counts);
    mem_free(p->places);
    *p = (penalties){0};
}

bool penalties_is_needed(const penalties *p)
{
    return p->n_biases > 0 || p->counts != NULL;
}

/* The count of a token; a new one is added with zeros. */
static token_count *count_of(penalties *p, int32_t id)
{
    uint32_t place = ((uint32_t)id * 2654435761u) & p->mask; // Knuth's multiplicative hash
    while (p->places[place] != 0) {
        token_count *const c = &p->counts[p->places[place] - 1];
        if (c->id == id)
            return c;
        place = (place + 1) & p->mask;
    }
    p->counts[p->n_counts] = (token_count){.id = id};
    p->places[place] = (int32_t)++p->n_counts;
    return &p->counts[p->n_counts - 1];
}

/* Counts the tokens since the last call, and subtracts those that left the window. */
static void catch_up(penalties *p, const int32_t *tokens, int32_t n_prompt, int32_t n_tokens)
{
    const int32_t first = n_prompt > p->last_n ? n_prompt - p->last_n : 0; // earlier tokens were never in the window
    if (p->n_seen < first)
        p->n_seen = first;
    for (; p->n_seen < n_tokens; p->n_seen++) {
        token_count *const c = count_of(p, tokens[p->n_seen]);
        c->n_generated += p->n_seen >= n_prompt;
        c->n_recent++;
        if (p->n_seen - first >= p->last_n)
            count_of(p, tokens[p->n_seen - p->last_n])->n_recent--;
    }
}

static float bounded(float x)
{
    return fminf(fmaxf(x, -FLT_MAX), FLT_MAX);
}

/* The logit after the penalties, in the order of sw_sampling. */
static float penalized(const penalties *p, const token_count *c, float logit)
{
    float x = logit;
    if (c->n_recent > 0)
        x = x > 0 ? x / p->repeat_penalty : x * p->repeat_penalty;
    if (c->n_generated > 0)
        x -= p->presence_penalty + p->frequency_penalty * (float)c->n_generated;
    return bounded(x);
}

void penalties_apply(penalties *p, float *logits, int n_vocab, const int32_t *tokens, int32_t n_prompt,
                     int32_t n_tokens)
{
    (void)n_vocab; // without asserts
    for (size_t i = 0; i < p->n_biases; i++) {
        assert(p->biases[i].id >= 0 && p->biases[i].id < n_vocab);
        float *const logit = &logits[p->biases[i].id];
        if (isfinite(*logit))
            *logit = bounded(*logit + p->biases[i].bias);
    }
    if (p->counts == NULL)
        return;
    catch_up(p, tokens, n_prompt, n_tokens);
    for (size_t i = 0; i < p->n_counts; i++) {
        float *const logit = &logits[p->counts[i].id];
        if (isfinite(*logit))
            *logit = penalized(p, &p->counts[i], *logit);
    }
}
