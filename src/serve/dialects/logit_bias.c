/* logit_bias.c - ids are strings in an object and numbers in an array; only the engine knows which exist. */
#include "dialects/logit_bias.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"

static bool add(json_reader *r, const json_field *f, const json_place *at, int32_t id, const json_t *value,
                generation_request *g)
{
    if (!json_is_number(value))
        return json_fail(r, at, JSON_FAULT_TYPE, "logit_bias must map token ids to numbers");
    if (!json_check_range(r, f, at, json_number_value(value)))
        return false;
    g->biases[g->core.sampling.n_biases++] = (sw_logit_bias){id, (float)json_number_value(value)};
    return true;
}

/* One member of an object. */
static bool add_member(json_reader *r, const json_field *f, const json_place *at, const char *id, const json_t *value,
                       generation_request *g)
{
    char *end;
    errno = 0;
    const long number = strtol(id, &end, 10);
    if (!isdigit((unsigned char)id[0]) || *end != '\0' || errno != 0 || number > INT32_MAX)
        return json_fail(r, at, JSON_FAULT_RANGE, "logit_bias: '%.40s' is not a token id", id);
    return add(r, f, at, (int32_t)number, value, g);
}

/* One element of an array: a pair. */
static bool add_pair(json_reader *r, const json_field *f, const json_place *at, const json_t *pair,
                     generation_request *g)
{
    static const json_field ID = {.type = FIELD_INT, .max = LIMIT_VOCAB_TOKENS - 1};
    const json_t *const first = json_array_get(pair, 0), *const bias = json_array_get(pair, 1);
    const json_place place = {at, NULL, 0};
    int id;
    if (json_array_size(pair) != 2)
        return json_fail_type(r, at, "an array of a token id and a number");
    if (json_is_string(first))
        return json_fail(r, &place, JSON_FAULT_UNSUPPORTED_VALUE,
                         "logit_bias takes ids of tokens, not texts; POST /tokenize returns those of a text");
    if (!json_read_value(r, &ID, &place, first, &id))
        return false;
    if (!json_is_false(bias))
        return add(r, f, at, id, bias, g);
    g->biases[g->core.sampling.n_biases++] = (sw_logit_bias){id, (float)f->min};
    return true;
}

bool logit_bias_take(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    if (!json_is_object(value) && !json_is_array(value))
        return json_fail_type(r, at, "an object, or an array of pairs");
    const size_t n = json_object_size(value) + json_array_size(value);
    if (n > LIMIT_LOGIT_BIASES)
        return json_fail(r, at, JSON_FAULT_SIZE, "logit_bias may hold %d tokens at most, got %zu", LIMIT_LOGIT_BIASES,
                         n);
    g->biases = mem_calloc(n + 1, sizeof *g->biases); // one more, so that an empty list is no failure
    if (g->biases == NULL)
        return json_fail_memory(r);
    g->core.sampling.biases = g->biases;
    const char *id;
    json_t *bias;
    json_object_foreach((json_t *)value, id, bias)
    {
        if (!add_member(r, f, at, id, bias, g))
            return false;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        if (!add_pair(r, f, &place, json_array_get(value, i), g))
            return false;
    }
    return true;
}
