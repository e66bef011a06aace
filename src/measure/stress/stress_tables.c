/* stress_tables.c - the members of a suite, and its prompts. */
#include "stress/stress_tables.h"

#include <string.h>

#include "base/limits.h"

enum { NAME_BYTES_MAX = 100, WORD_BYTES_MAX = 200 };

/* What is read of a suite that is not in it. */
typedef struct suite_fields {
    stress_suite suite;
    int64_t version;
    const char *suite_name, *scenario_name; // one of them
} suite_fields;

#define TABLE(rows)                                                                                                    \
    {                                                                                                                  \
        .fields = (rows), .n = sizeof(rows) / sizeof *(rows), .refuse_unknown = true                                   \
    }

/* ---- prompts and stages of a suite ------------------------------------------------------------------------------- */

static const json_choice FORMS[] = {{"prose", FORM_PROSE}, {"code", FORM_CODE}, {"list", FORM_LIST}, {NULL, 0}};

typedef struct prompt_fields {
    const char *name, *text;
    int form;
} prompt_fields;

// clang-format off
#define AT(member) offsetof(prompt_fields, member)
static const json_field PROMPT_FIELDS[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = AT(name), .min = 1, .max = NAME_BYTES_MAX, .is_required = true},
    {.name = "prompt", .type = FIELD_TEXT, .offset = AT(text), .min = 1, .max = LIMIT_PROTOCOL_BYTES, .is_required = true},
    {.name = "kind", .type = FIELD_CHOICE, .offset = AT(form), .choices = FORMS},
};
#undef AT
// clang-format on
static const json_table PROMPT_TABLE = TABLE(PROMPT_FIELDS);

static bool take_prompts(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    stress_suite *const s = &((suite_fields *)target)->suite;
    if (!stress_is_list(r, at, value, LIMIT_PROTOCOL_TESTS))
        return false;
    s->n_prompts = json_array_size(value);
    s->prompts = arena_alloc(r->keep, s->n_prompts * sizeof *s->prompts);
    if (s->prompts == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < s->n_prompts; i++) {
        const json_place here = {at, NULL, i};
        prompt_fields p = {.form = FORM_PROSE};
        if (!json_read_object(r, &here, json_array_get(value, i), &PROMPT_TABLE, &p))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(s->prompts[k].name, p.name) == 0)
                return json_fail(r, &here, JSON_FAULT_RANGE, "two prompts have the name \"%.60s\"", p.name);
        }
        s->prompts[i] = (stress_prompt){p.name, p.text, (text_form)p.form};
    }
    return true;
}

static bool take_stages(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    stress_suite *const s = &((suite_fields *)target)->suite;
    if (!stress_is_list(r, at, value, STRESS_STAGES_MAX))
        return false;
    s->n_stages = json_array_size(value);
    s->stages = arena_alloc(r->keep, s->n_stages * sizeof *s->stages);
    if (s->stages == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < s->n_stages; i++) {
        const json_place here = {at, NULL, i};
        if (!stress_read_stage(r, &here, json_array_get(value, i), &s->stages[i]))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(s->stages[k].name, s->stages[i].name) == 0)
                return json_fail(r, &here, JSON_FAULT_RANGE, "two stages have the name \"%.60s\"", s->stages[i].name);
        }
        if (stress_work_asks_prompts(s->stages[i].work) && s->n_prompts == 0)
            return json_fail(r, &here, JSON_FAULT_MISSING, "the suite has no prompts for this stage");
    }
    return true;
}

static bool take_nothing(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

// clang-format off
#define AT(member) offsetof(suite_fields, member)
static const json_field SUITE_FIELDS[] = {
    {.name = "$schema", .type = FIELD_CUSTOM, .take = take_nothing},
    {.name = "version", .type = FIELD_INT64, .offset = AT(version), .min = 1, .max = 1, .is_required = true},
    {.name = "suite", .type = FIELD_TEXT, .offset = AT(suite_name), .min = 1, .max = NAME_BYTES_MAX},
    {.name = "scenario", .type = FIELD_TEXT, .offset = AT(scenario_name), .min = 1, .max = NAME_BYTES_MAX},
    {.name = "title", .type = FIELD_TEXT, .offset = AT(suite.title), .min = 1, .max = WORD_BYTES_MAX, .is_required = true},
    {.name = "description", .type = FIELD_TEXT, .offset = AT(suite.description), .min = 1, .max = LIMIT_PROTOCOL_BYTES},
    {.name = "temperature", .type = FIELD_DOUBLE, .offset = AT(suite.temperature), .min = 0, .max = 2},
    {.name = "seed", .type = FIELD_INT64, .offset = AT(suite.seed), .min = 0, .max = 9007199254740991.0},
    {.name = "prompts", .type = FIELD_CUSTOM, .take = take_prompts},
    {.name = "stages", .type = FIELD_CUSTOM, .take = take_stages, .is_required = true}, // after the prompts
};
#undef AT
// clang-format on
static const json_table SUITE_TABLE = TABLE(SUITE_FIELDS);

bool stress_read_suite(json_reader *r, const json_place *at, const json_t *value, stress_suite *out)
{
    suite_fields f = {.suite = {.description = "", .seed = 1}};
    const json_place name = {at, "suite", 0};
    if (!json_read_object(r, at, value, &SUITE_TABLE, &f))
        return false;
    if ((f.suite_name != NULL) == (f.scenario_name != NULL))
        return json_fail(r, &name, JSON_FAULT_RANGE, "a file is of one suite or of one scenario: give one name");
    f.suite.is_scenario = f.scenario_name != NULL;
    f.suite.name = f.suite.is_scenario ? f.scenario_name : f.suite_name;
    *out = f.suite;
    return true;
}
