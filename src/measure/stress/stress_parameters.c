/* stress_parameters.c - the parameters of a stage as they are stored with it. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "problems/problem.h"
#include "stress/stress_state.h"
#include "json/json_out.h"

static json_t *numbers_json(const int *numbers, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, json_integer(numbers[i]));
    return list;
}

static json_t *texts_json(const char *const *texts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, json_string(texts[i]));
    return list;
}

static json_t *routes_json(const stress_stage *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_routes; i++)
        json_push(&list, json_string(s->routes[i]->name));
    return list;
}

static json_t *problems_json(const stress_stage *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_problems; i++)
        json_push(&list, json_string(problem_kind_name((problem_kind)s->problems[i])));
    return list;
}

/* A number that was not given, or is the default, is left out. */
static void put_number(json_t **out, const char *name, double x)
{
    if (x > 0)
        json_put(out, name, x == (double)(int64_t)x ? json_integer((json_int_t)x) : json_real(x));
}

static void put_flag(json_t **out, const char *name, bool is_set)
{
    if (is_set)
        json_put(out, name, json_true());
}

static void put_lists(json_t **out, const stress_stage *s)
{
    if (s->n_max_tokens > 0)
        json_put(out, "max_tokens", numbers_json(s->max_tokens, s->n_max_tokens));
    if (s->n_lengths > 0)
        json_put(out, "lengths", numbers_json(s->lengths, s->n_lengths));
    if (s->n_levels > 0)
        json_put(out, "levels", numbers_json(s->levels, s->n_levels));
    if (s->n_routes > 0)
        json_put(out, "routes", routes_json(s));
    if (s->n_problems > 0)
        json_put(out, "problems", problems_json(s));
    if (s->n_serve > 0)
        json_put(out, "serve", texts_json(s->serve, s->n_serve));
}

const char *stress_parameters(const stress_suite *suite, const stress_stage *s, arena *keep)
{
    json_t *out = json_object();
    put_number(&out, "sessions", s->n_sessions);
    put_number(&out, "requests", s->n_requests);
    put_number(&out, "duration_s", s->duration_s);
    put_number(&out, "think_s", s->think_s);
    put_number(&out, "turns", s->n_turns);
    put_number(&out, "leave_share", s->leave_share);
    put_number(&out, "rate", s->arrivals.rate);
    put_lists(&out, s);
    put_flag(&out, "ignore_eos", s->ignores_eos);
    put_flag(&out, "fresh_prefix", s->avoids_prefix);
    put_flag(&out, "own_seeds", s->has_own_seeds);
    put_flag(&out, "basic", s->is_basic);
    put_flag(&out, "restart", s->restarts);
    json_put(&out, "temperature", json_real(suite->temperature));
    json_put(&out, "seed", json_integer(suite->seed));
    buf text;
    buf_init(&text, LIMIT_PROTOCOL_BYTES);
    json_write(&text, out);
    const char *const kept = text.failed == SW_OK ? arena_copy(keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    return kept;
}
