/* stress_stage_table.c - the members of a stage, and which of them a kind of workload has a use for. */
#include <string.h>

#include "base/limits.h"
#include "problems/dialogue.h"
#include "problems/problem.h"
#include "stress/stress_tables.h"

enum { NAME_BYTES_MAX = 100, REQUESTS_MAX = 100000, WORD_BYTES_MAX = 200 };
static const double DURATION_MAX = 30 * 24 * 3600.0, THINK_MAX = 3600, RATE_MAX = 1e6;

#define WORK_NAME(name, text, meaning) text,
static const char *const WORK_NAMES[] = {STRESS_WORK_TABLE(WORK_NAME)};
#undef WORK_NAME

const char *stress_work_name(stress_work work)
{
    return WORK_NAMES[work];
}

bool stress_work_asks_prompts(int work)
{
    return work == WORK_SESSIONS || work == WORK_TRANSPORTS || work == WORK_SECTIONS || work == WORK_ARRIVALS;
}

const stress_route STRESS_ROUTES[] = {
    {"sse", ROUTE_OPENAI, false, false},         {"json", ROUTE_OPENAI, true, false},
    {"generate", ROUTE_SHIMMY_SSE, false, true}, {"websocket", ROUTE_SHIMMY_WS, false, true},
    {"ndjson", ROUTE_OLLAMA, false, true},
};
const size_t N_STRESS_ROUTES = sizeof STRESS_ROUTES / sizeof *STRESS_ROUTES;

/* Returns true if it is a list of 1 to max elements. */
bool stress_is_list(json_reader *r, const json_place *at, const json_t *value, size_t max)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        return json_fail_type(r, at, "a list of at least one element");
    if (json_array_size(value) > max)
        return json_fail(r, at, JSON_FAULT_SIZE, "there are %zu elements, at most %zu are taken",
                         json_array_size(value), max);
    return true;
}

/* ---- members that are lists -------------------------------------------------------------------------------------- */

static bool take_numbers(json_reader *r, const json_place *at, const json_t *value, int *out, size_t *n_out)
{
    static const json_field NUMBER = {.type = FIELD_INT, .min = 1, .max = LIMIT_CTX_TOKENS};
    if (!stress_is_list(r, at, value, STRESS_LIST_MAX))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place here = {at, NULL, i};
        if (!json_read_value(r, &NUMBER, &here, json_array_get(value, i), &out[i]))
            return false;
    }
    *n_out = json_array_size(value);
    return true;
}

static bool take_max_tokens(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    (void)f;
    stress_stage *const s = target;
    return take_numbers(r, at, value, s->max_tokens, &s->n_max_tokens);
}

static bool take_lengths(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    stress_stage *const s = target;
    if (!take_numbers(r, at, value, s->lengths, &s->n_lengths))
        return false;
    for (size_t i = 1; i < s->n_lengths; i++) {
        if (s->lengths[i] <= s->lengths[i - 1])
            return json_fail(r, at, JSON_FAULT_RANGE, "the lengths of a ladder ascend; %d does not follow %d",
                             s->lengths[i], s->lengths[i - 1]);
    }
    return true;
}

/* Levels of problems and of conversations. */
static bool take_levels(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field LEVEL = {.type = FIELD_INT, .max = PROBLEM_LEVELS - 1};
    stress_stage *const s = target;
    if (!stress_is_list(r, at, value, PROBLEM_LEVELS))
        return false;
    s->n_levels = json_array_size(value);
    for (size_t i = 0; i < s->n_levels; i++) {
        const json_place here = {at, NULL, i};
        if (!json_read_value(r, &LEVEL, &here, json_array_get(value, i), &s->levels[i]))
            return false;
    }
    return true;
}

static bool take_problems(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    stress_stage *const s = target;
    if (!stress_is_list(r, at, value, N_PROBLEM_KINDS))
        return false;
    s->n_problems = json_array_size(value);
    for (size_t i = 0; i < s->n_problems; i++) {
        const json_place here = {at, NULL, i};
        const char *const name = json_string_value(json_array_get(value, i));
        s->problems[i] = name != NULL ? problem_kind_find(name) : -1;
        if (s->problems[i] < 0)
            return json_fail(r, &here, JSON_FAULT_RANGE, "a kind of problem is one of %s", PROBLEM_KIND_NAMES);
    }
    return true;
}

static bool take_serve(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field WORD = {.type = FIELD_TEXT, .min = 1, .max = WORD_BYTES_MAX};
    stress_stage *const s = target;
    if (!stress_is_list(r, at, value, STRESS_LIST_MAX))
        return false;
    s->n_serve = json_array_size(value);
    for (size_t i = 0; i < s->n_serve; i++) {
        const json_place here = {at, NULL, i};
        if (!json_read_value(r, &WORD, &here, json_array_get(value, i), &s->serve[i]))
            return false;
    }
    return true;
}

static const stress_route *route_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < N_STRESS_ROUTES; i++) {
        if (strcmp(STRESS_ROUTES[i].name, name) == 0)
            return &STRESS_ROUTES[i];
    }
    return NULL;
}

static bool take_routes(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    stress_stage *const s = target;
    if (!stress_is_list(r, at, value, STRESS_LIST_MAX))
        return false;
    s->n_routes = json_array_size(value);
    for (size_t i = 0; i < s->n_routes; i++) {
        const json_place here = {at, NULL, i};
        s->routes[i] = route_of(json_string_value(json_array_get(value, i)));
        if (s->routes[i] == NULL)
            return json_fail(r, &here, JSON_FAULT_RANGE, "a route is sse, json, generate, websocket or ndjson");
    }
    return true;
}

/* ---- a stage ----------------------------------------------------------------------------------------------------- */

static const json_choice PROCESSES[] = {{"constant", ARRIVALS_CONSTANT},
                                        {"poisson", ARRIVALS_POISSON},
                                        {"gamma", ARRIVALS_GAMMA},
                                        {"burst", ARRIVALS_BURST},
                                        {NULL, 0}};
#define QUESTIONS_CHOICE(name, text) {text, QUESTIONS_##name},
static const json_choice QUESTIONS[] = {STRESS_QUESTIONS_TABLE(QUESTIONS_CHOICE){NULL, 0}};
#undef QUESTIONS_CHOICE
static const json_choice SIDES[] = {{"offloaded", 0}, {"reference", 1}, {NULL, 0}};
#define WORK_CHOICE(name, text, meaning) {text, WORK_##name},
static const json_choice WORKS[] = {STRESS_WORK_TABLE(WORK_CHOICE){NULL, 0}};
#undef WORK_CHOICE

/* The variables of choices, which are ints. */
typedef struct stage_fields {
    stress_stage stage;
    int process, side;
} stage_fields;

// clang-format off
#define AT(member) offsetof(stage_fields, member)
static const json_field STAGE_FIELDS[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = AT(stage.name), .min = 1, .max = NAME_BYTES_MAX, .is_required = true},
    {.name = "work", .type = FIELD_CHOICE, .offset = AT(stage.work), .choices = WORKS, .is_required = true},
    {.name = "sessions", .type = FIELD_INT, .offset = AT(stage.n_sessions), .min = 1, .max = STRESS_SESSIONS_MAX},
    {.name = "requests", .type = FIELD_INT, .offset = AT(stage.n_requests), .min = 1, .max = REQUESTS_MAX},
    {.name = "duration_s", .type = FIELD_DOUBLE, .offset = AT(stage.duration_s), .min = 0, .max = DURATION_MAX, .is_above_min = true},
    {.name = "think_s", .type = FIELD_DOUBLE, .offset = AT(stage.think_s), .min = 0, .max = THINK_MAX},
    {.name = "max_tokens", .type = FIELD_CUSTOM, .take = take_max_tokens},
    {.name = "lengths", .type = FIELD_CUSTOM, .take = take_lengths},
    {.name = "routes", .type = FIELD_CUSTOM, .take = take_routes},
    {.name = "process", .type = FIELD_CHOICE, .offset = AT(process), .choices = PROCESSES},
    {.name = "rate", .type = FIELD_DOUBLE, .offset = AT(stage.arrivals.rate), .min = 0, .max = RATE_MAX, .is_above_min = true},
    {.name = "burstiness", .type = FIELD_DOUBLE, .offset = AT(stage.arrivals.burstiness), .min = 0, .max = 100, .is_above_min = true},
    {.name = "leave_share", .type = FIELD_DOUBLE, .offset = AT(stage.leave_share), .min = 0, .max = 1, .is_above_min = true},
    {.name = "ignore_eos", .type = FIELD_BOOL, .offset = AT(stage.ignores_eos)},
    {.name = "fresh_prefix", .type = FIELD_BOOL, .offset = AT(stage.avoids_prefix)},
    {.name = "own_seeds", .type = FIELD_BOOL, .offset = AT(stage.has_own_seeds)},
    {.name = "problems", .type = FIELD_CUSTOM, .take = take_problems},
    {.name = "levels", .type = FIELD_CUSTOM, .take = take_levels},
    {.name = "turns", .type = FIELD_INT, .offset = AT(stage.n_turns), .min = DIALOGUE_TURNS_MIN, .max = DIALOGUE_TURNS_MAX},
    {.name = "questions", .type = FIELD_CHOICE, .offset = AT(stage.questions), .choices = QUESTIONS},
    {.name = "basic", .type = FIELD_BOOL, .offset = AT(stage.is_basic)},
    {.name = "restart", .type = FIELD_BOOL, .offset = AT(stage.restarts)},
    {.name = "side", .type = FIELD_CHOICE, .offset = AT(side), .choices = SIDES},
    {.name = "serve", .type = FIELD_CUSTOM, .take = take_serve},
};
#undef AT
// clang-format on
static const json_table STAGE_TABLE = {
    .fields = STAGE_FIELDS, .n = sizeof STAGE_FIELDS / sizeof *STAGE_FIELDS, .refuse_unknown = true};

/* Which members each kind of workload uses, beside those that all have. */
static const char *const USES[N_STRESS_WORKS] = {
    [WORK_SESSIONS] =
        " sessions requests duration_s think_s max_tokens routes leave_share ignore_eos fresh_prefix own_seeds ",
    [WORK_TRANSPORTS] = " requests max_tokens routes ",
    [WORK_SECTIONS] = " requests max_tokens ",
    [WORK_LADDER] = " lengths max_tokens ",
    [WORK_ARRIVALS] =
        " requests duration_s max_tokens routes leave_share process rate burstiness ignore_eos own_seeds ",
    [WORK_IDLE] = " duration_s ",
    [WORK_PROBLEMS] = " requests max_tokens problems levels ",
    [WORK_QUESTIONS] = " requests max_tokens questions basic ",
    [WORK_CONVERSATION] = " sessions requests duration_s think_s max_tokens levels turns ",
    [WORK_SECRETS] = " lengths max_tokens basic ",
};
static const char ALWAYS[] = " name work restart side serve ";
/* ... and which it cannot do without. */
static const char *const NEEDS[N_STRESS_WORKS][4] = {
    [WORK_SESSIONS] = {"max_tokens"},
    [WORK_TRANSPORTS] = {"max_tokens", "routes"},
    [WORK_SECTIONS] = {"max_tokens", "requests"},
    [WORK_LADDER] = {"max_tokens", "lengths"},
    [WORK_ARRIVALS] = {"max_tokens", "process", "rate"},
    [WORK_IDLE] = {"duration_s"},
    [WORK_PROBLEMS] = {"max_tokens", "problems", "levels", "requests"},
    [WORK_QUESTIONS] = {"max_tokens", "questions"},
    [WORK_CONVERSATION] = {"max_tokens", "levels", "turns"},
    [WORK_SECRETS] = {"max_tokens", "lengths"},
};

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = strstr(words, word); p != NULL; p = strstr(p + 1, word)) {
        if (p[-1] == ' ' && p[n] == ' ')
            return true;
    }
    return false;
}

/* A member without effect is refused, and what the workload needs is there. */
static bool check_members(json_reader *r, const json_place *at, const json_t *value, const stress_stage *s)
{
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member)
    {
        const json_place here = {at, name, 0};
        if (!has_word(ALWAYS, name) && !has_word(USES[s->work], name))
            return json_fail(r, &here, JSON_FAULT_RANGE, "%.40s has no effect on work \"%s\"", name,
                             WORK_NAMES[s->work]);
    }
    for (size_t i = 0; i < 4 && NEEDS[s->work][i] != NULL; i++) {
        const json_place here = {at, NEEDS[s->work][i], 0};
        if (json_object_get(value, NEEDS[s->work][i]) == NULL)
            return json_fail_missing(r, &here);
    }
    const json_place requests = {at, "requests", 0}, burstiness = {at, "burstiness", 0};
    const bool may_go_on = s->work == WORK_SESSIONS || s->work == WORK_ARRIVALS;
    if (may_go_on && s->n_requests == 0 && !(s->duration_s > 0))
        return json_fail(r, &requests, JSON_FAULT_MISSING, "a stage has requests or duration_s, or never ends");
    const json_place levels = {at, "levels", 0};
    if (s->work == WORK_CONVERSATION && (s->n_levels != 1 || s->levels[0] >= DIALOGUE_LEVELS))
        return json_fail(r, &levels, JSON_FAULT_RANGE, "a conversation has one level, 0 to %d", DIALOGUE_LEVELS - 1);
    if (json_object_get(value, "burstiness") != NULL && s->arrivals.arrivals != ARRIVALS_GAMMA)
        return json_fail(r, &burstiness, JSON_FAULT_RANGE,
                         "burstiness has no effect: only \"gamma\" arrivals have one");
    return true;
}

bool stress_read_stage(json_reader *r, const json_place *at, const json_t *value, stress_stage *out)
{
    stage_fields f = {.stage = {.n_sessions = 1, .arrivals = {.burstiness = 1, .concurrency = 1}},
                      .process = ARRIVALS_CLOSED};
    if (!json_read_object(r, at, value, &STAGE_TABLE, &f))
        return false;
    f.stage.arrivals.arrivals = (arrival_process)f.process;
    f.stage.is_reference = f.side == 1;
    *out = f.stage;
    return check_members(r, at, value, out);
}
