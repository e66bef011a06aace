/* protocol_tables.c - tables of members, and the few members that are lists or objects of their own. */
#include "protocol/protocol_tables.h"

#include <math.h>

#include "base/limits.h"

enum { PAUSE_SECONDS_MAX = 3600, NAME_BYTES_MAX = 200, CONCURRENCY_MAX = 1024, WARMUP_REQUESTS_MAX = 1000 };
static const double BUDGET_SECONDS_MAX = 30 * 24 * 3600.0, RATE_MAX = 1e6, OBJECTIVE_MS_MAX = 1e9;

protocol_settings protocol_default_settings(void)
{
    return (protocol_settings){
        .n_repeats = 1,
        .modes = 1u << MODE_STREAM,
        .concurrency = 1,
        .burstiness = 1,
        .warmup_requests = 1,
        .slo_ttft_ms = NAN,
        .slo_tpot_ms = NAN,
        .slo_itl_p99_ms = NAN,
        .slo_e2e_ms = NAN,
    };
}

/* ---- members with a form of their own ---------------------------------------------------------------------------- */

/* Read by protocol.c, after the plain members are known. */
static bool take_later(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

/* The modes that a protocol can ask for; a sweep is a flag of the command. */
static const json_choice MODES[] = {
    {"stream", MODE_STREAM}, {"whole", MODE_WHOLE}, {"reference", MODE_REFERENCE}, {"cold", MODE_COLD}, {NULL, 0}};

/* A list of names to a set of bits. */
static bool take_modes(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field MODE = {.type = FIELD_CHOICE, .choices = MODES};
    protocol_fields *const p = target;
    if (json_array_size(value) == 0)
        return json_fail_type(r, at, "a list of at least one mode");
    p->settings.modes = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        int mode = MODE_STREAM;
        if (!json_read_value(r, &MODE, &place, json_array_get(value, i), &mode))
            return false;
        p->settings.modes |= 1u << mode;
    }
    return true;
}

static bool take_checks(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    test_fields *const t = target;
    return check_list_read(r, at, value, &t->test.checks);
}

#define TABLE(rows)                                                                                                    \
    {                                                                                                                  \
        .fields = (rows), .n = sizeof(rows) / sizeof *(rows), .refuse_unknown = true                                   \
    }
#define AT(member) offsetof(protocol_settings, member)

static const json_choice PROCESSES[] = {{"closed", ARRIVALS_CLOSED},   {"constant", ARRIVALS_CONSTANT},
                                        {"poisson", ARRIVALS_POISSON}, {"gamma", ARRIVALS_GAMMA},
                                        {"burst", ARRIVALS_BURST},     {NULL, 0}};

// clang-format off
static const json_field ARRIVAL_FIELDS[] = {
    {.name = "process", .type = FIELD_CHOICE, .offset = AT(arrivals), .choices = PROCESSES, .is_required = true},
    {.name = "rate", .type = FIELD_DOUBLE, .offset = AT(rate), .min = 0, .max = RATE_MAX, .is_above_min = true},
    {.name = "burstiness", .type = FIELD_DOUBLE, .offset = AT(burstiness), .min = 0, .max = 100, .is_above_min = true},
};
#define OBJECTIVE(name_, member) \
    {.name = name_, .type = FIELD_DOUBLE, .offset = AT(member), .min = 0, .max = OBJECTIVE_MS_MAX, .is_above_min = true}
static const json_field OBJECTIVE_FIELDS[] = {
    OBJECTIVE("ttft_ms", slo_ttft_ms),
    OBJECTIVE("tpot_ms", slo_tpot_ms),
    OBJECTIVE("itl_p99_ms", slo_itl_p99_ms),
    OBJECTIVE("e2e_ms", slo_e2e_ms),
};
// clang-format on
#undef AT
static const json_table ARRIVAL_TABLE = TABLE(ARRIVAL_FIELDS), OBJECTIVE_TABLE = TABLE(OBJECTIVE_FIELDS);

/* A rate is for open loops, which need one; a shape is for gamma. */
static bool take_arrivals(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    protocol_settings *const s = &((protocol_fields *)target)->settings;
    const json_place rate = {at, "rate", 0}, burstiness = {at, "burstiness", 0};
    if (!json_read_object(r, at, value, &ARRIVAL_TABLE, s))
        return false;
    const bool is_open = s->arrivals != ARRIVALS_CLOSED;
    if (is_open && s->rate == 0)
        return json_fail_missing(r, &rate);
    if (!is_open && s->rate > 0)
        return json_fail(r, &rate, JSON_FAULT_RANGE, "arrivals.rate has no effect: a closed loop has no rate");
    if (s->arrivals != ARRIVALS_GAMMA && json_object_get(value, "burstiness") != NULL)
        return json_fail(r, &burstiness, JSON_FAULT_RANGE,
                         "arrivals.burstiness has no effect: only \"gamma\" arrivals have one");
    return true;
}

static bool take_objectives(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    (void)f;
    return json_read_object(r, at, value, &OBJECTIVE_TABLE, &((protocol_fields *)target)->settings);
}

static bool take_warmup(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static const json_choice FORMS[] = {{"prose", FORM_PROSE}, {"code", FORM_CODE}, {"list", FORM_LIST}, {NULL, 0}};
static const json_choice RULES[] = {{"fixed", WARMUP_FIXED}, {"steady", WARMUP_STEADY}, {NULL, 0}};

// clang-format off
#define AT(member) offsetof(test_fields, member)
#define PROMPT_ROWS                                                                                                    \
    {.name = "prompt", .type = FIELD_TEXT, .offset = AT(prompt), .min = 1, .max = LIMIT_PROTOCOL_BYTES},               \
    {.name = "prompt_file", .type = FIELD_TEXT, .offset = AT(prompt_file), .min = 1, .max = 1000},                     \
    {.name = "filler_tokens", .type = FIELD_INT, .offset = AT(filler_tokens), .min = 1, .max = LIMIT_CTX_TOKENS},      \
    {.name = "filler_seed", .type = FIELD_INT64, .offset = AT(filler_seed), .min = 0, .max = (double)INT64_MAX},       \
    {.name = "max_tokens", .type = FIELD_INT, .offset = AT(test.plan.max_tokens), .min = 1, .max = LIMIT_CTX_TOKENS, .is_required = true}
static const json_field TEST_FIELDS[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = AT(test.plan.name), .min = 1, .max = NAME_BYTES_MAX, .is_required = true},
    {.name = "group", .type = FIELD_TEXT, .offset = AT(test.plan.group), .min = 1, .max = NAME_BYTES_MAX},
    PROMPT_ROWS,
    {.name = "temperature", .type = FIELD_DOUBLE, .offset = AT(test.plan.temperature), .min = 0, .max = 2},
    {.name = "seed", .type = FIELD_INT64, .offset = AT(test.plan.seed), .min = 0, .max = (double)INT64_MAX},
    {.name = "kind", .type = FIELD_CHOICE, .offset = AT(test.plan.form), .choices = FORMS},
    {.name = "expected", .type = FIELD_TEXT, .offset = AT(test.plan.expected), .min = 1, .max = LIMIT_PROTOCOL_BYTES},
    {.name = "checks", .type = FIELD_CUSTOM, .take = take_checks},
};
static const json_field WARMUP_PROMPT_FIELDS[] = {
    PROMPT_ROWS,
    {.name = "requests", .type = FIELD_CUSTOM, .take = take_later},
    {.name = "rule", .type = FIELD_CUSTOM, .take = take_later},
};
#undef AT
#define AT(member) offsetof(protocol_fields, member)
static const json_field WARMUP_RULE_FIELDS[] = {
    {.name = "requests", .type = FIELD_INT, .offset = AT(settings.warmup_requests), .min = 1, .max = WARMUP_REQUESTS_MAX},
    {.name = "rule", .type = FIELD_CHOICE, .offset = AT(settings.warmup), .choices = RULES},
};
static const json_field PROTOCOL_FIELDS[] = {
    {.name = "$schema", .type = FIELD_CUSTOM, .take = take_later},
    {.name = "version", .type = FIELD_INT64, .offset = AT(version), .min = 1, .max = 1, .is_required = true},
    {.name = "name", .type = FIELD_TEXT, .offset = AT(name), .min = 1, .max = NAME_BYTES_MAX, .is_required = true},
    {.name = "description", .type = FIELD_TEXT, .offset = AT(description), .min = 1, .max = LIMIT_PROTOCOL_BYTES},
    {.name = "temperature", .type = FIELD_DOUBLE, .offset = AT(settings.temperature), .min = 0, .max = 2},
    {.name = "seed", .type = FIELD_INT64, .offset = AT(settings.seed), .min = 0, .max = (double)INT64_MAX},
    {.name = "pause_s", .type = FIELD_DOUBLE, .offset = AT(settings.pause_s), .min = 0, .max = PAUSE_SECONDS_MAX},
    {.name = "repetitions", .type = FIELD_INT, .offset = AT(settings.n_repeats), .min = 1, .max = PROTOCOL_REPEATS_MAX},
    {.name = "modes", .type = FIELD_CUSTOM, .take = take_modes},
    {.name = "concurrency", .type = FIELD_INT, .offset = AT(settings.concurrency), .min = 1, .max = CONCURRENCY_MAX},
    {.name = "arrivals", .type = FIELD_CUSTOM, .take = take_arrivals},
    {.name = "time_budget_s", .type = FIELD_DOUBLE, .offset = AT(settings.time_budget_s), .min = 0, .max = BUDGET_SECONDS_MAX, .is_above_min = true},
    {.name = "objectives", .type = FIELD_CUSTOM, .take = take_objectives},
    {.name = "warmup", .type = FIELD_CUSTOM, .take = take_warmup},
    {.name = "tests", .type = FIELD_CUSTOM, .take = take_later},
};
#undef AT
// clang-format on
static const json_table TEST_TABLE = TABLE(TEST_FIELDS), WARMUP_PROMPT_TABLE = TABLE(WARMUP_PROMPT_FIELDS),
                        PROTOCOL_TABLE = TABLE(PROTOCOL_FIELDS);
static const json_table WARMUP_RULE_TABLE = {.fields = WARMUP_RULE_FIELDS,
                                             .n = sizeof WARMUP_RULE_FIELDS / sizeof *WARMUP_RULE_FIELDS};
#undef TABLE

/* A prompt for the test, and when the warm-up is over for the settings. */
static bool take_warmup(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    protocol_fields *const p = target;
    p->has_warmup = true;
    return json_read_object(r, at, value, &WARMUP_PROMPT_TABLE, &p->warmup) &&
           json_read_object(r, at, value, &WARMUP_RULE_TABLE, p);
}

bool protocol_read_fields(json_reader *r, const json_t *root, protocol_fields *out)
{
    return json_read_object(r, NULL, root, &PROTOCOL_TABLE, out);
}

bool protocol_read_test(json_reader *r, const json_place *at, const json_t *value, test_fields *out)
{
    return json_read_object(r, at, value, &TEST_TABLE, out);
}
