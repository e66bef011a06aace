/* temperature_probe.c - questions, and the two forms in which servers answer with log-probabilities. */
#include "hosts/temperature_probe.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "hosts/member.h"
#include "hosts/server_post.h"

enum { N_DRAWS = 40, N_DRAWS_MAX = 1000, TIME_S = 60, REQUEST_TIMEOUT_S = 60 };

// After the first, many tokens are likely.  A chat's first token can be a marker that has no alternative, so raw text
// is tried first.
static const char PROMPT[] = "Here is a random word:";

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Adds a token unless its log-probability is none. */
static void add(temperature_draw *d, double logprob)
{
    if (isfinite(logprob) && logprob <= 1e-6 && d->n < DRAW_TOKENS_MAX)
        d->logprobs[d->n++] = logprob;
}

/* {"content": [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}]} */
static bool read_list(const json_t *entry, temperature_draw *d)
{
    const char *const token = json_string_value(json_object_get(entry, "token"));
    const json_t *const top = json_object_get(entry, "top_logprobs");
    bool is_found = false;
    for (size_t i = 0; token != NULL && i < json_array_size(top); i++) {
        const json_t *const one = json_array_get(top, i);
        const char *const text = json_string_value(json_object_get(one, "token"));
        const size_t n = d->n;
        add(d, member_setting(one, "logprob"));
        if (text != NULL && strcmp(text, token) == 0 && d->n > n && !is_found) {
            d->drawn = n;
            is_found = true;
        }
    }
    return is_found;
}

/* {"tokens": [..], "top_logprobs": [{"token": logprob}]} */
static bool read_dictionary(const json_t *logprobs, temperature_draw *d)
{
    const char *const token = json_string_value(json_array_get(json_object_get(logprobs, "tokens"), 0));
    const json_t *const top = json_array_get(json_object_get(logprobs, "top_logprobs"), 0);
    const char *name;
    json_t *value;
    bool is_found = false;
    json_object_foreach((json_t *)top, name, value)
    {
        const size_t n = d->n;
        add(d, json_is_number(value) ? json_number_value(value) : NAN);
        if (token != NULL && strcmp(name, token) == 0 && d->n > n) {
            d->drawn = n;
            is_found = true;
        }
    }
    return is_found;
}

/* What an answer is good for.  A token that is not listed counts for nothing: among the listed ones the odds are the
 * same. */
typedef enum draw_result { NO_PROBABILITIES, NOT_LISTED, DRAWN } draw_result;

static draw_result read_draw(const json_t *document, temperature_draw *d)
{
    const json_t *const choice = json_array_get(member_at(document, "choices"), 0);
    const json_t *const logprobs = json_object_get(choice, "logprobs");
    const json_t *const entry = json_array_get(json_object_get(logprobs, "content"), 0);
    *d = (temperature_draw){0};
    const bool is_listed = entry != NULL ? read_list(entry, d) : read_dictionary(logprobs, d);
    if (d->n < 2)
        return NO_PROBABILITIES;
    return is_listed ? DRAWN : NOT_LISTED;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

typedef struct draw_route {
    const char *path;
    bool is_chat;
} draw_route;

static const draw_route ROUTES[] = {{"/v1/completions", false}, {"/v1/chat/completions", true}};

static char *request_text(const temperature_probe_options *o, const draw_route *route, int seed)
{
    json_t *const request =
        json_pack("{s:s, s:i, s:f, s:f, s:i, s:f, s:i}", "model", o->model, "max_tokens", 1, "temperature",
                  o->temperature, "top_p", 1.0, "top_k", 0, "min_p", 0.0, "seed", seed);
    if (route->is_chat) {
        json_object_set_new(request, "messages", json_pack("[{s:s, s:s}]", "role", "user", "content", PROMPT));
        json_object_set_new(request, "logprobs", json_true());
        json_object_set_new(request, "top_logprobs", json_integer(DRAW_TOKENS_MAX));
    } else {
        json_object_set_new(request, "prompt", json_string(PROMPT));
        json_object_set_new(request, "logprobs", json_integer(DRAW_TOKENS_MAX));
    }
    char *const text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return text;
}

/* Only memory that is short and being canceled are errors. */
static sw_code draw(const temperature_probe_options *o, const draw_route *route, int seed, temperature_draw *out,
                    draw_result *result, sw_err *err)
{
    json_t *document = NULL;
    sw_err why = {0};
    char *const body = request_text(o, route, seed);
    *result = NO_PROBABILITIES;
    if (body == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a question");
    const sw_code code = server_post(o->target, route->path, body, REQUEST_TIMEOUT_S, o->cancel, &document, &why);
    mem_free(body);
    if (code == SW_OK)
        *result = read_draw(document, out);
    json_decref(document);
    return code == SW_ECANCELED || code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

/* Draws by the first route that gives one; *n_out 0: none does. */
static sw_code draw_all(const temperature_probe_options *o, temperature_draw *draws, size_t n_max, size_t *n_out,
                        sw_err *err)
{
    const uint64_t end_ns = clock_now_ns(o->clock) + (uint64_t)((o->time_s > 0 ? o->time_s : TIME_S) * 1e9);
    sw_code code = SW_OK;
    *n_out = 0;
    for (size_t r = 0; r < sizeof ROUTES / sizeof *ROUTES && *n_out == 0 && code == SW_OK; r++) {
        draw_result result = NOT_LISTED;
        for (size_t i = 0; i < n_max && code == SW_OK && clock_now_ns(o->clock) < end_ns; i++) {
            if (*n_out == 0 && result == NO_PROBABILITIES)
                break; // this route has none
            code = draw(o, &ROUTES[r], (int)i + 1, &draws[*n_out], &result, err);
            *n_out += result == DRAWN;
        }
    }
    return code;
}

sw_code temperature_probe_run(temperature_probe_result *out, const temperature_probe_options *o, sw_err *err)
{
    *out = (temperature_probe_result){.reason = ""};
    const size_t n_max = o->n_draws > 0 && o->n_draws < N_DRAWS_MAX ? (size_t)o->n_draws : N_DRAWS;
    temperature_draw *const draws = mem_calloc(n_max, sizeof *draws);
    if (draws == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for draws");
    size_t n;
    const sw_code code = draw_all(o, draws, n_max, &n, err);
    out->n_draws = (int)n;
    out->is_known = code == SW_OK && temperature_draws_estimate(draws, n, &out->estimate);
    out->agrees = out->is_known && o->temperature >= out->estimate.low && o->temperature <= out->estimate.high;
    if (n == 0)
        out->reason = "the server gives no log-probabilities";
    else if (!out->is_known)
        out->reason = "the draws do not tell a temperature";
    mem_free(draws);
    return code;
}
