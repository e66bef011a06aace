/* faulty_engine.c - words from hashes, times from a seeded generator. */
#include "faulty_engine.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKENS_MIN = 18,
    TOKENS_SPREAD = 13,
    LOOP_TOKENS = 96,
    LOOP_FROM = 48,
    LEAK_BYTES = 100000,
    FORGETS_BEYOND = 2048
};

static const char *const NAMES[N_PLANTED] = {"none",    "leak",  "slowing", "unused", "loops",
                                             "changed", "usage", "unfair",  "forgets"};

int planted_fault_from_name(const char *name)
{
    for (int i = 0; i < N_PLANTED; i++) {
        if (strcmp(NAMES[i], name) == 0)
            return i;
    }
    return -1;
}

static double uniform(rng_state *rng)
{
    return (double)rng_float(rng);
}

static double normal(rng_state *rng)
{
    const double u = 1 - uniform(rng), v = uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

void faulty_engine_init(faulty_engine *e, planted_fault fault, uint64_t seed, uint64_t now_ns)
{
    *e = (faulty_engine){.fault = fault, .started_ns = now_ns};
    rng_seed(&e->rng, seed);
    for (int i = 0; i < ENGINE_LAYERS * ENGINE_EXPERTS; i++)
        e->shares[i] = exp(0.5 * normal(&e->rng));
    if (fault == PLANTED_UNUSED)
        e->shares[rng_next(&e->rng) % (ENGINE_LAYERS * ENGINE_EXPERTS)] = 0;
}

void faulty_engine_free(faulty_engine *e)
{
    for (size_t i = 0; i < e->n_leaked; i++)
        free(e->leaked[i]);
    free(e->leaked);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const faulty_question *q)
{
    uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)q->seed;
    for (const char *at = q->prompt; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
    return hash;
}

static int64_t count_words(const char *text)
{
    int64_t n = 0;
    for (const char *at = text; *at != '\0'; at++)
        n += !isspace((unsigned char)*at) && (at == text || isspace((unsigned char)at[-1]));
    return n;
}

/* A word of three syllables. */
static void write_word(rng_state *rng, char out[8])
{
    static const char CONSONANTS[] = "bdfgklmnprstvz", VOWELS[] = "aeiou";
    for (int i = 0; i < 6; i += 2) {
        out[i] = CONSONANTS[rng_next(rng) % (sizeof CONSONANTS - 1)];
        out[i + 1] = VOWELS[rng_next(rng) % (sizeof VOWELS - 1)];
    }
    out[6] = '\0';
}

static void put_token(faulty_answer *a, const char *word)
{
    const size_t begin = a->n_tokens > 0 ? a->ends[a->n_tokens - 1] : 0;
    const int n = sprintf(a->text + begin, "%s%s", begin > 0 ? " " : "", word);
    a->ends[a->n_tokens++] = begin + (size_t)n;
}

/* What the prompt says of the name that it asks for at its end; NULL: it asks for none, or it is forgotten. */
static const char *find_code(const faulty_engine *e, const char *prompt, char name[32], bool *asks)
{
    static const char ASKS[] = "What is the code of ";
    char fact[64];
    const char *question = NULL;
    for (const char *at = prompt; (at = strstr(at, ASKS)) != NULL; at += sizeof ASKS)
        question = at;
    *asks = question != NULL && sscanf(question + sizeof ASKS - 1, "%31[a-z]", name) == 1;
    if (!*asks)
        return NULL;
    snprintf(fact, sizeof fact, "The code of %s is ", name);
    const char *const told = strstr(prompt, fact);
    if (told == NULL || (e->fault == PLANTED_FORGETS && count_words(told) > FORGETS_BEYOND))
        return NULL;
    return told + strlen(fact);
}

/* "The code of NAME is NUMBER", rightly nine times of ten. */
static bool write_code(const faulty_engine *e, const faulty_question *q, rng_state *rng, faulty_answer *a)
{
    char name[32], number[8] = "";
    bool asks;
    const char *const code = find_code(e, q->prompt, name, &asks);
    if (!asks)
        return false;
    if (code != NULL && uniform(rng) < 0.9)
        sscanf(code, "%7[0-9]", number);
    const char *const words[] = {"The", "code", "of", name, "is", number[0] != '\0' ? number : "lost"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put_token(a, words[i]);
    return true;
}

static void write_words(const faulty_engine *e, int64_t n, bool loops, rng_state *rng, faulty_answer *a)
{
    char words[3][8];
    while (a->n_tokens < n) {
        const bool is_looping = e->fault == PLANTED_LOOPS && loops && a->n_tokens >= LOOP_FROM;
        char *const word = words[a->n_tokens % 3];
        if (!is_looping)
            write_word(rng, word);
        put_token(a, word);
    }
}

/* ---- times and experts ------------------------------------------------------------------------------------------- */

static void set_times(faulty_engine *e, const faulty_question *q, uint64_t now_ns, faulty_answer *a)
{
    double factor = 1;
    e->drift = 0.98 * e->drift + 0.002 * normal(&e->rng);
    if (e->fault == PLANTED_SLOWING && now_ns - e->started_ns > 600ull * 1000000000)
        factor = 1.2;
    if (e->fault == PLANTED_UNFAIR && strncmp(q->prompt, "[0]", 3) == 0)
        factor = 1.25;
    double ms = factor * (30 + 0.05 * (double)a->prompt_tokens) * exp(0.1 * normal(&e->rng));
    const double pace = factor * 20 * exp(0.05 * normal(&e->rng) + e->drift);
    for (int64_t i = 0; i < a->n_tokens; i++) {
        ms += pace * (0.8 + 0.4 * uniform(&e->rng));
        a->due_ns[i] = now_ns + (uint64_t)(ms * 1e6);
    }
}

static int draw_expert(faulty_engine *e, const double *shares)
{
    double sum = 0;
    for (int i = 0; i < ENGINE_EXPERTS; i++)
        sum += shares[i];
    double at = uniform(&e->rng) * sum;
    int expert = 0;
    while (expert < ENGINE_EXPERTS - 1 && at >= shares[expert])
        at -= shares[expert++];
    return expert;
}

/* Each choice by its share; a token may choose one twice here. */
static void choose_experts(faulty_engine *e, int64_t n_tokens, expert_half *out)
{
    out->n_tokens = n_tokens;
    for (int layer = 0; layer < ENGINE_LAYERS; layer++) {
        for (int64_t i = 0; i < n_tokens * ENGINE_USED; i++)
            out->counts[layer * ENGINE_EXPERTS + draw_expert(e, e->shares + layer * ENGINE_EXPERTS)]++;
    }
}

static void leak(faulty_engine *e)
{
    void **const more = realloc(e->leaked, (e->n_leaked + 1) * sizeof *e->leaked);
    char *const bytes = malloc(LEAK_BYTES);
    if (more != NULL)
        e->leaked = more;
    if (more == NULL || bytes == NULL) {
        free(bytes);
        return;
    }
    memset(bytes, 1, LEAK_BYTES);
    e->leaked[e->n_leaked++] = bytes;
}

/* ---- an answer --------------------------------------------------------------------------------------------------- */

void faulty_answer_free(faulty_answer *a)
{
    free(a->text);
    free(a->ends);
    free(a->due_ns);
    *a = (faulty_answer){0};
}

static void plant(faulty_engine *e, faulty_answer *a)
{
    if (e->fault == PLANTED_LEAK)
        leak(e);
    if (e->fault == PLANTED_CHANGED && uniform(&e->rng) < 0.002)
        a->text[a->ends[a->n_tokens - 1] - 1] = 'x';
    if (e->fault == PLANTED_USAGE && uniform(&e->rng) < 0.05)
        a->told_tokens += 4 + a->n_tokens / 10;
}

bool faulty_engine_answer(faulty_engine *e, const faulty_question *q, uint64_t now_ns, faulty_answer *a)
{
    const uint64_t hash = hash_of(q);
    const bool loops = hash / 64 % 10 == 0;
    int64_t n = TOKENS_MIN + (int64_t)(hash % TOKENS_SPREAD);
    if (e->fault == PLANTED_LOOPS && loops)
        n = LOOP_TOKENS;
    n = q->max_tokens > 0 && q->max_tokens < n ? q->max_tokens : n;
    *a = (faulty_answer){.text = malloc((size_t)(n + 8) * 32),
                         .ends = malloc((size_t)(n + 8) * sizeof *a->ends),
                         .due_ns = malloc((size_t)(n + 8) * sizeof *a->due_ns)};
    if (a->text == NULL || a->ends == NULL || a->due_ns == NULL)
        return false;
    rng_state words;
    rng_seed(&words, hash);
    if (!write_code(e, q, &words, a))
        write_words(e, n, loops, &words, a);
    a->prompt_tokens = count_words(q->prompt);
    a->told_tokens = a->n_tokens;
    set_times(e, q, now_ns, a);
    choose_experts(e, a->prompt_tokens < 64 ? a->prompt_tokens : 64, &a->experts[0]); // enough, in little time
    choose_experts(e, a->n_tokens, &a->experts[1]);
    plant(e, a);
    return true;
}
