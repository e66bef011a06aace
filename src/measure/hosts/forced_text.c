/* forced_text.c - the texts as prompts that are echoed, and a hash of all that is said of their tokens. */
#include "hosts/forced_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "hosts/server_post.h"

enum {
    N_LIKELIEST = 20,
    POSITIONS_MAX = 48, // in all: FORCED_TOPS has 8 letters of each, and a fact at most 400
    ANSWER_S = 120,
};

static const char *const TEXTS[] = {
    "A weir is a low dam across a river.",
    "for (int i = 0; i < n; i++) {",
    "Seven times eight is fifty-six.",
    "Dear all, thank you for the report.",
};
enum { N_TEXTS = sizeof TEXTS / sizeof *TEXTS };

typedef struct forced {
    int n;
    uint64_t hash;
    char tops[8 * POSITIONS_MAX + 1]; // of each position the hash of its likeliest token
} forced;

/* FNV-1a (Fowler, Noll, Vo), 64 bits: a short name, not a defence against forgery. */
static uint64_t hash_text(uint64_t h, const char *text)
{
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return h;
}

static const uint64_t EMPTY_HASH = UINT64_C(0xcbf29ce484222325);

/* Adds a position: its token's probability, and the likeliest ones with theirs, the first of which is the likeliest. */
static sw_code add_position(forced *f, const json_t *logprob, json_t *top, sw_err *err)
{
    char number[40];
    snprintf(number, sizeof number, "%.6f", json_number_value(logprob));
    char *const text = json_dumps(top, JSON_COMPACT);
    if (text == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for what a server expects");
    f->hash = hash_text(hash_text(f->hash, number), text);
    mem_free(text);
    const char *const likeliest = json_object_iter_key(json_object_iter(top));
    snprintf(f->tops + 8 * f->n, 9, "%08" PRIx32, (uint32_t)(hash_text(EMPTY_HASH, likeliest) >> 32));
    f->n++;
    return SW_OK;
}

/* Of the first token nothing is known. */
static sw_code add_text(forced *f, const json_t *answer, sw_err *err)
{
    const json_t *const logprobs = json_object_get(json_array_get(json_object_get(answer, "choices"), 0), "logprobs");
    const json_t *const own = json_object_get(logprobs, "token_logprobs"), *const tops = json_object_get(
                                                                               logprobs, "top_logprobs");
    sw_code code = SW_OK;
    for (size_t i = 1; i < json_array_size(tops) && f->n < POSITIONS_MAX && code == SW_OK; i++) {
        json_t *const top = json_array_get(tops, i);
        if (json_object_size(top) > 0 && json_is_number(json_array_get(own, i)))
            code = add_position(f, json_array_get(own, i), top, err);
    }
    return code;
}

static sw_code ask(const chat_target *target, const char *model, const char *text, const atomic_bool *cancel,
                   json_t **out, sw_err *err)
{
    json_t *const question = json_pack("{s:s, s:s, s:i, s:b, s:i}", "model", model, "prompt", text, "max_tokens", 0,
                                       "echo", 1, "logprobs", N_LIKELIEST);
    char *const body = question != NULL ? json_dumps(question, JSON_COMPACT) : NULL;
    *out = NULL;
    const sw_code code = body != NULL ? server_post(target, "/v1/completions", body, ANSWER_S, cancel, out, err)
                                      : sw_fail(err, SW_ENOMEM, "out of memory for a question");
    json_decref(question);
    mem_free(body);
    return code;
}

static void put(fact_list *facts, const forced *f)
{
    static const char SOURCE[] = "/v1/completions";
    char hash[24];
    snprintf(hash, sizeof hash, "%016" PRIx64, f->hash);
    fact_list_number(facts, FACT_FORCED_POSITIONS, f->n, SOURCE);
    fact_list_text(facts, FACT_FORCED_HASH, hash, SOURCE);
    fact_list_text(facts, FACT_FORCED_TOPS, f->tops, SOURCE);
}

sw_code forced_text_read(const chat_target *target, const char *model, bool is_brief, const atomic_bool *cancel,
                         fact_list *facts, sw_err *err)
{
    forced f = {.hash = EMPTY_HASH};
    for (int i = 0; i < (is_brief ? 1 : N_TEXTS); i++) {
        json_t *answer;
        sw_err why = {0};
        sw_code code = ask(target, model, TEXTS[i], cancel, &answer, &why);
        if (code == SW_OK)
            code = add_text(&f, answer, &why);
        json_decref(answer);
        if (code == SW_ENOMEM || code == SW_ECANCELED)
            return sw_fail(err, code, "%s", why.msg);
        if (code != SW_OK)
            return SW_OK; // it does not tell
    }
    if (f.n > 0)
        put(facts, &f);
    return SW_OK;
}
