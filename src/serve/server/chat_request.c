#include "server/chat_request.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/rng.h"
#include "server/chat_messages.h"

/* ---- one member of the request ------------------------------------------------------------------------------- */

typedef struct row row;

/* Checks `value` (never JSON null: that counts as absent) and stores it.  False: *error is filled. */
typedef bool (*take_fn)(chat_request *r, const row *field, const json_t *value, api_error *error);

struct row {
    const char *name;
    take_fn take;
    size_t offset;   // of the variable in chat_request
    double min, max; // allowed range of numbers
    double neutral;  // the only value that a number without support may have
};

static bool wrong_type(const row *f, const char *wanted, api_error *error)
{
    return api_fail(error, API_INVALID_TYPE, f->name, "%s must be %s", f->name, wanted);
}

static bool unsupported(const row *f, api_error *error)
{
    return api_fail(error, API_UNSUPPORTED_PARAMETER, f->name, "%s is not supported by this build", f->name);
}

static bool check_range(const row *f, double x, api_error *error)
{
    if (x >= f->min && x <= f->max)
        return true;
    return api_fail(error, API_INVALID_VALUE, f->name, "%s must be between %.10g and %.10g, got %.10g", f->name, f->min,
                    f->max, x);
}

static bool take_float(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_number(value))
        return wrong_type(f, "a number", error);
    const double x = json_number_value(value);
    if (!check_range(f, x, error))
        return false;
    const float number = (float)x;
    memcpy((char *)r + f->offset, &number, sizeof number);
    return true;
}

static bool take_positive(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (json_is_number(value) && (float)json_number_value(value) == 0) // 0 would mean "off" to the engine
        return api_fail(error, API_INVALID_VALUE, f->name, "%s must be above 0", f->name);
    return take_float(r, f, value, error);
}

static bool take_int(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_integer(value))
        return wrong_type(f, "a whole number", error);
    const json_int_t x = json_integer_value(value);
    if (!check_range(f, (double)x, error))
        return false;
    *(int *)((char *)r + f->offset) = (int)x;
    return true;
}

/* -1 stands for "until the context is full", which the engine calls 0. */
static bool take_max_tokens(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (json_is_integer(value) && json_integer_value(value) == -1) {
        r->core.max_tokens = 0;
        return true;
    }
    return take_int(r, f, value, error);
}

static bool take_seed(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_integer(value))
        return wrong_type(f, "a whole number", error);
    if (json_integer_value(value) != -1)
        r->core.sampling.seed = (uint64_t)json_integer_value(value);
    return true;
}

static bool take_bool(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_boolean(value))
        return wrong_type(f, "true or false", error);
    *(bool *)((char *)r + f->offset) = json_is_true(value);
    return true;
}

static bool take_model(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_string(value))
        return wrong_type(f, "a string", error);
    r->model = json_string_value(value);
    return true;
}

static bool take_effort(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    static const struct {
        const char *name;
        sw_effort effort; // DEFAULT: known, but no model here can do it
    } EFFORTS[] = {{"none", SW_EFFORT_DEFAULT},
                   {"minimal", SW_EFFORT_DEFAULT},
                   {"low", SW_EFFORT_LOW},
                   {"medium", SW_EFFORT_MEDIUM},
                   {"high", SW_EFFORT_HIGH}};
    if (!json_is_string(value))
        return wrong_type(f, "a string", error);
    for (size_t i = 0; i < sizeof EFFORTS / sizeof EFFORTS[0]; i++) {
        if (strcmp(json_string_value(value), EFFORTS[i].name) != 0)
            continue;
        if (EFFORTS[i].effort == SW_EFFORT_DEFAULT)
            return api_fail(error, API_UNSUPPORTED_VALUE, f->name,
                            "reasoning_effort '%s' is not supported; use low, medium or high", EFFORTS[i].name);
        r->core.effort = EFFORTS[i].effort;
        r->has_effort = true;
        return true;
    }
    return api_fail(error, API_INVALID_VALUE, f->name, "reasoning_effort must be none, minimal, low, medium or high");
}

static bool take_stream_options(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_object(value))
        return wrong_type(f, "an object", error);
    if (!r->stream) // the rows are in an order that has read `stream` by now
        return api_fail(error, API_INVALID_VALUE, f->name, "stream_options is only valid with \"stream\": true");
    static const row INCLUDE_USAGE = {.name = "stream_options.include_usage",
                                      .offset = offsetof(chat_request, include_usage)};
    const json_t *const include = json_object_get(value, "include_usage");
    return include == NULL || json_is_null(include) || take_bool(r, &INCLUDE_USAGE, include, error);
}

static bool add_stop(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_string(value))
        return wrong_type(f, "a string or an array of strings", error);
    const size_t n = json_string_length(value);
    if (n == 0 || n > LIMIT_STOP_STRING_BYTES)
        return api_fail(error, API_INVALID_VALUE, f->name, "a stop string must have 1 to %d bytes, got %zu",
                        LIMIT_STOP_STRING_BYTES, n);
    r->stops[r->core.n_stop++] = json_string_value(value);
    return true;
}

static bool take_stop(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    if (n > LIMIT_STOP_STRINGS)
        return api_fail(error, API_INVALID_VALUE, f->name, "stop may hold %d strings at most, got %zu",
                        LIMIT_STOP_STRINGS, n);
    r->stops = mem_calloc(n, sizeof *r->stops);
    if (r->stops == NULL)
        return api_fail(error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    r->core.stop = r->stops;
    if (!json_is_array(value))
        return add_stop(r, f, value, error);
    for (size_t i = 0; i < n; i++) {
        if (!add_stop(r, f, json_array_get(value, i), error))
            return false;
    }
    return true;
}

static bool take_top_logprobs(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!take_int(r, f, value, error))
        return false;
    return r->core.n_top_logprobs == 0 || r->core.logprobs || // the rows are in an order that has read it by now
           api_fail(error, API_INVALID_VALUE, f->name, "top_logprobs is only valid with \"logprobs\": true");
}

/* One member of logit_bias; the engine knows which ids there are. */
static bool add_bias(chat_request *r, const row *f, const char *id, const json_t *value, api_error *error)
{
    char *end;
    errno = 0;
    const long number = strtol(id, &end, 10);
    if (!isdigit((unsigned char)id[0]) || *end != '\0' || errno != 0 || number > INT32_MAX)
        return api_fail(error, API_INVALID_VALUE, f->name, "logit_bias: '%.40s' is not a token id", id);
    if (!json_is_number(value))
        return api_fail(error, API_INVALID_TYPE, f->name, "logit_bias must map token ids to numbers");
    if (!check_range(f, json_number_value(value), error))
        return false;
    r->biases[r->core.sampling.n_biases++] = (sw_logit_bias){(int32_t)number, (float)json_number_value(value)};
    return true;
}

static bool take_logit_bias(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    if (!json_is_object(value))
        return wrong_type(f, "an object", error);
    const size_t n = json_object_size(value);
    if (n > LIMIT_LOGIT_BIASES)
        return api_fail(error, API_INVALID_VALUE, f->name, "logit_bias may hold %d tokens at most, got %zu",
                        LIMIT_LOGIT_BIASES, n);
    r->biases = mem_calloc(n + 1, sizeof *r->biases); // one more, so that none is not a failure
    if (r->biases == NULL)
        return api_fail(error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    r->core.sampling.biases = r->biases;
    const char *id;
    json_t *bias;
    json_object_foreach((json_t *)value, id, bias)
    {
        if (!add_bias(r, f, id, bias, error))
            return false;
    }
    return true;
}

/* ---- members that this build knows but cannot honour: only their neutral value passes ------------------------- */

static bool neutral_number(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    if (!json_is_number(value))
        return wrong_type(f, "a number", error);
    if (!check_range(f, json_number_value(value), error))
        return false;
    return json_number_value(value) == f->neutral || unsupported(f, error);
}

static bool neutral_false(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    if (!json_is_boolean(value))
        return wrong_type(f, "true or false", error);
    return json_is_false(value) || unsupported(f, error);
}

static bool neutral_empty(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    if (!json_is_array(value) && !json_is_object(value))
        return wrong_type(f, "an array or an object", error);
    return json_array_size(value) + json_object_size(value) == 0 || unsupported(f, error);
}

static bool neutral_n(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    if (!json_is_integer(value))
        return wrong_type(f, "a whole number", error);
    if (!check_range(f, (double)json_integer_value(value), error))
        return false;
    return json_integer_value(value) == 1 ||
           api_fail(error, API_UNSUPPORTED_VALUE, f->name, "this build answers with one choice; n must be 1");
}

static bool neutral_tool_choice(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    const char *const choice = json_string_value(value);
    if (choice != NULL && (strcmp(choice, "none") == 0 || strcmp(choice, "auto") == 0))
        return true; // without tools both mean the same
    if (choice == NULL && !json_is_object(value))
        return wrong_type(f, "a string or an object", error);
    return unsupported(f, error);
}

static bool neutral_response_format(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    if (!json_is_object(value))
        return wrong_type(f, "an object", error);
    const char *const type = json_string_value(json_object_get(value, "type"));
    if (type == NULL)
        return api_fail(error, API_MISSING_PARAMETER, "response_format.type", "response_format needs a type");
    return strcmp(type, "text") == 0 ||
           api_fail(error, API_UNSUPPORTED_VALUE, f->name,
                    "response_format '%.40s' is not supported by this build; only 'text' is", type);
}

/* A member that changes nothing while the member it qualifies is unsupported: only its type is checked. */
static bool inert_bool(chat_request *r, const row *f, const json_t *value, api_error *error)
{
    (void)r;
    return json_is_boolean(value) || wrong_type(f, "true or false", error);
}

/* Members not listed here are ignored.  max_tokens stands before max_completion_tokens, which wins when both are
 * given; stream before stream_options and logprobs before top_logprobs, which need them. */
// clang-format off
#define AT(member) offsetof(chat_request, member)
static const row ROWS[] = {
    {"model",                 take_model,              0, 0, 0, 0},
    {"stream",                take_bool,               AT(stream), 0, 0, 0},
    {"stream_options",        take_stream_options,     0, 0, 0, 0},
    {"max_tokens",            take_max_tokens,         AT(core.max_tokens), 1, LIMIT_CTX_TOKENS, 0},
    {"max_completion_tokens", take_max_tokens,         AT(core.max_tokens), 1, LIMIT_CTX_TOKENS, 0},
    {"temperature",           take_float,              AT(core.sampling.temperature), 0, 2, 0},
    {"top_p",                 take_positive,           AT(core.sampling.top_p), 0, 1, 0},
    {"top_k",                 take_int,                AT(core.sampling.top_k), 0, LIMIT_VOCAB_TOKENS, 0},
    {"min_p",                 take_float,              AT(core.sampling.min_p), 0, 1, 0},
    {"seed",                  take_seed,               0, 0, 0, 0},
    {"stop",                  take_stop,               0, 0, 0, 0},
    {"reasoning_effort",      take_effort,             0, 0, 0, 0},
    {"ignore_eos",            take_bool,               AT(core.ignore_eos), 0, 0, 0},
    {"return_progress",       take_bool,               AT(return_progress), 0, 0, 0},
    {"n",                     neutral_n,               0, 1, 8, 1},
    {"typical_p",             take_positive,           AT(core.sampling.typical_p), 0, 1, 0},
    {"presence_penalty",      take_float,              AT(core.sampling.presence_penalty), -2, 2, 0},
    {"frequency_penalty",     take_float,              AT(core.sampling.frequency_penalty), -2, 2, 0},
    {"repeat_penalty",        take_positive,           AT(core.sampling.repeat_penalty), 0, 1e6, 0},
    {"repeat_last_n",         take_int,                AT(core.sampling.repeat_last_n), -1, LIMIT_CTX_TOKENS, 0},
    {"logprobs",              take_bool,               AT(core.logprobs), 0, 0, 0},
    {"top_logprobs",          take_top_logprobs,       AT(core.n_top_logprobs), 0, SW_TOP_LOGPROBS_MAX, 0},
    {"logit_bias",            take_logit_bias,         0, -100, 100, 0},
    {"response_format",       neutral_response_format, 0, 0, 0, 0},
    {"tools",                 neutral_empty,           0, 0, 0, 0},
    {"tool_choice",           neutral_tool_choice,     0, 0, 0, 0},
    {"parallel_tool_calls",   inert_bool,              0, 0, 0, 0},
    {"functions",             neutral_empty,           0, 0, 0, 0},
    {"function_call",         neutral_tool_choice,     0, 0, 0, 0},
    {"chat_template_kwargs",  neutral_empty,           0, 0, 0, 0},
    {"timings_per_token",     neutral_false,           0, 0, 0, 0},
    {"cache_prompt",          inert_bool,              0, 0, 0, 0},
    {"id_slot",               neutral_number,          0, -1, 1e6, -1},
};
#undef AT
// clang-format on

/* ---- the document ---------------------------------------------------------------------------------------------- */

/* The parser recurses, so the depth of the text is checked before it sees it. */
static bool depth_is_bounded(const char *s, size_t n)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (in_string) {
            if (s[i] == '\\')
                i++;
            else if (s[i] == '"')
                in_string = false;
        } else if (s[i] == '"') {
            in_string = true;
        } else if (s[i] == '[' || s[i] == '{') {
            if (++depth > LIMIT_JSON_DEPTH)
                return false;
        } else if ((s[i] == ']' || s[i] == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static json_t *load_document(const char *body, size_t n, api_error *error)
{
    if (!depth_is_bounded(body, n)) {
        api_fail(error, API_INVALID_JSON, NULL, "the body nests deeper than %d levels", LIMIT_JSON_DEPTH);
        return NULL;
    }
    json_error_t why;
    json_t *const root = json_loadb(body, n, 0, &why);
    if (root == NULL && json_error_code(&why) == json_error_out_of_memory)
        api_fail(error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    else if (root == NULL)
        api_fail(error, API_INVALID_JSON, NULL, "the body is not JSON: line %d, column %d: %s", why.line, why.column,
                 why.text);
    return root;
}

static bool take_members(chat_request *r, const json_t *root, api_error *error)
{
    if (!json_is_object(root))
        return api_fail(error, API_INVALID_TYPE, NULL, "the body must be a JSON object");
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const json_t *const value = json_object_get(root, ROWS[i].name);
        if (value != NULL && !json_is_null(value) && !ROWS[i].take(r, &ROWS[i], value, error))
            return false;
    }
    return chat_messages_parse(r, json_object_get(root, "messages"), error);
}

bool chat_request_parse(chat_request *out, const char *body, size_t n, api_error *error)
{
    *out = (chat_request){.core.sampling = sw_sampling_default()};
    // 53 bits: the seed is reported to the client, and JavaScript keeps no more of an integer.
    out->core.sampling.seed = entropy_next(NULL) >> 11;
    out->document = load_document(body, n, error);
    if (out->document != NULL && take_members(out, out->document, error))
        return true;
    chat_request_free(out);
    return false;
}

void chat_request_free(chat_request *request)
{
    for (size_t i = 0; i < request->n_texts; i++)
        mem_free(request->texts[i]);
    mem_free(request->texts);
    mem_free(request->messages);
    mem_free(request->stops);
    mem_free(request->biases);
    json_decref(request->document);
    *request = (chat_request){0};
}
