/* criteria_file.c - reads the members of criteria and of their conditions, and joins lists. */
#include "figures/stress/criteria_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "json/json_out.h"

extern const unsigned char embedded_protocols_stress_criteria_json[];
extern const size_t embedded_protocols_stress_criteria_json_size;

enum { N_SIDES = BOUND_AT_MOST + 1 };

/* ---- one condition ----------------------------------------------------------------------------------------------- */

#define FIGURE_CHOICE(name, text, unit, meaning) {text, FIGURE_##name},
static const json_choice FIGURE_CHOICES[] = {STRESS_FIGURES(FIGURE_CHOICE){NULL, 0}};
#undef FIGURE_CHOICE

typedef struct condition_fields {
    int figure;
    double bounds[N_SIDES]; // NAN: absent
    bool is_need;
} condition_fields;

// clang-format off
#define AT(member) offsetof(condition_fields, member)
#define BOUND(side, text) {.name = text, .type = FIELD_DOUBLE, .offset = AT(bounds[side]), .min = -1e18, .max = 1e18}
static const json_field CONDITION_FIELDS[] = {
    {.name = "figure", .type = FIELD_CHOICE, .offset = AT(figure), .choices = FIGURE_CHOICES, .is_required = true},
    BOUND(BOUND_ABOVE, "above"),
    BOUND(BOUND_AT_LEAST, "at_least"),
    BOUND(BOUND_BELOW, "below"),
    BOUND(BOUND_AT_MOST, "at_most"),
    {.name = "need", .type = FIELD_BOOL, .offset = AT(is_need)},
};
#undef BOUND
#undef AT
// clang-format on
static const json_table CONDITION_TABLE = {
    .fields = CONDITION_FIELDS, .n = sizeof CONDITION_FIELDS / sizeof *CONDITION_FIELDS, .refuse_unknown = true};

static bool read_condition(json_reader *r, const json_place *at, const json_t *value, stress_condition *out)
{
    condition_fields f = {.bounds = {NAN, NAN, NAN, NAN}};
    int n = 0;
    if (!json_read_object(r, at, value, &CONDITION_TABLE, &f))
        return false;
    for (int side = 0; side < N_SIDES; side++) {
        if (isnan(f.bounds[side]))
            continue;
        *out = (stress_condition){(stress_figure_id)f.figure, (bound_side)side, f.bounds[side], f.is_need};
        n++;
    }
    return n == 1 || json_fail(r, at, n == 0 ? JSON_FAULT_MISSING : JSON_FAULT_RANGE,
                               "a condition has one bound: above, at_least, below or at_most");
}

/* ---- one criterion ----------------------------------------------------------------------------------------------- */

typedef struct criterion_fields {
    const char *id, *asked;
    stress_criterion criterion; // its conditions
} criterion_fields;

static bool take_conditions(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    (void)f;
    stress_criterion *const c = &((criterion_fields *)target)->criterion;
    const size_t n = json_array_size(value);
    bool decides = false;
    if (n == 0 || n > CONDITIONS_MAX)
        return json_fail_type(r, at, "a list of 1 to 8 conditions");
    for (size_t i = 0; i < n; i++) {
        const json_place here = {at, NULL, i};
        if (!read_condition(r, &here, json_array_get(value, i), &c->conditions[i]))
            return false;
        decides |= !c->conditions[i].is_need;
    }
    c->n_conditions = n;
    return decides || json_fail(r, at, JSON_FAULT_RANGE, "a criterion of needs alone decides nothing");
}

// clang-format off
#define AT(member) offsetof(criterion_fields, member)
static const json_field CRITERION_FIELDS[] = {
    {.name = "criterion", .type = FIELD_TEXT, .offset = AT(id), .min = 1, .max = CRITERION_ID_BYTES - 1, .is_required = true},
    {.name = "asked", .type = FIELD_TEXT, .offset = AT(asked), .min = 1, .max = CRITERION_ASKED_BYTES - 1, .is_required = true},
    {.name = "conditions", .type = FIELD_CUSTOM, .take = take_conditions, .is_required = true},
};
#undef AT
// clang-format on
static const json_table CRITERION_TABLE = {
    .fields = CRITERION_FIELDS, .n = sizeof CRITERION_FIELDS / sizeof *CRITERION_FIELDS, .refuse_unknown = true};

static bool read_criterion(json_reader *r, const json_place *at, const json_t *value, stress_criterion *out)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    criterion_fields f = {0};
    const json_place name = {at, "criterion", 0};
    if (!json_read_object(r, at, value, &CRITERION_TABLE, &f))
        return false;
    if (f.id[strspn(f.id, LETTERS)] != '\0')
        return json_fail(r, &name, JSON_FAULT_RANGE, "a criterion's name is of small letters, digits and hyphens");
    *out = f.criterion;
    snprintf(out->id, sizeof out->id, "%s", f.id);
    snprintf(out->asked, sizeof out->asked, "%s", f.asked);
    return true;
}

static stress_criterion *find(stress_criteria *criteria, const char *id)
{
    for (size_t i = 0; i < criteria->n; i++) {
        if (strcmp(criteria->items[i].id, id) == 0)
            return &criteria->items[i];
    }
    return NULL;
}

bool stress_criteria_read(json_reader *r, const json_place *at, const json_t *list, stress_criteria *out)
{
    const size_t n = json_array_size(list);
    out->n = 0;
    if (n == 0 || n > STRESS_CRITERIA_MAX)
        return json_fail_type(r, at, "a list of 1 to 64 criteria");
    for (size_t i = 0; i < n; i++) {
        const json_place here = {at, NULL, i};
        if (!read_criterion(r, &here, json_array_get(list, i), &out->items[i]))
            return false;
        if (find(out, out->items[i].id) != NULL)
            return json_fail(r, &here, JSON_FAULT_RANGE, "two criteria have the name \"%s\"", out->items[i].id);
        out->n = i + 1;
    }
    return true;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static json_t *condition_json(const stress_condition *c)
{
    json_t *out = json_object();
    json_put(&out, "figure", json_string(STRESS_FIGURE_ROWS[c->figure].name));
    json_put(&out, bound_side_name(c->side), json_real(c->bound));
    if (c->is_need)
        json_put(&out, "need", json_true());
    return out;
}

json_t *stress_criteria_json(const stress_criteria *criteria)
{
    json_t *out = json_array();
    for (size_t i = 0; i < criteria->n; i++) {
        const stress_criterion *const c = &criteria->items[i];
        json_t *row = json_object(), *conditions = json_array();
        for (size_t k = 0; k < c->n_conditions; k++)
            json_push(&conditions, condition_json(&c->conditions[k]));
        json_put(&row, "criterion", json_string(c->id));
        json_put(&row, "asked", json_string(c->asked));
        json_put(&row, "conditions", conditions);
        json_push(&out, row);
    }
    return out;
}

sw_code stress_criteria_join(stress_criteria *criteria, const stress_criteria *more, sw_err *err)
{
    for (size_t i = 0; i < more->n; i++) {
        stress_criterion *const same = find(criteria, more->items[i].id);
        if (same == NULL && criteria->n == STRESS_CRITERIA_MAX)
            return sw_fail(err, SW_ELIMIT, "a run has at most %d criteria; \"%s\" is one more", STRESS_CRITERIA_MAX,
                           more->items[i].id);
        *(same != NULL ? same : &criteria->items[criteria->n++]) = more->items[i];
    }
    return SW_OK;
}

/* ---- where they are ---------------------------------------------------------------------------------------------- */

static sw_code fault(const json_reader *r, const char *source, sw_err *err)
{
    const sw_code code = r->fault.kind == JSON_FAULT_MEMORY ? SW_ENOMEM : SW_EFORMAT;
    return sw_fail(err, code, "%s: %s", source, r->fault.message);
}

/* The member `criteria` of a document; *out is empty if there is none. */
static sw_code read_member(const char *text, size_t n, const char *source, stress_criteria *out, sw_err *err)
{
    static const json_place AT = {NULL, "criteria", 0};
    json_reader r = {.document = "the document"};
    out->n = 0;
    json_t *const root =
        json_load_text(&r, text, n, &(json_load_options){LIMIT_PROTOCOL_BYTES, .refuse_repeated = true});
    const json_t *const list = json_object_get(root, "criteria");
    const bool ok = root != NULL && (list == NULL || stress_criteria_read(&r, &AT, list, out));
    json_decref(root);
    return ok ? SW_OK : fault(&r, source, err);
}

sw_code stress_criteria_built_in(stress_criteria *out, sw_err *err)
{
    return read_member((const char *)embedded_protocols_stress_criteria_json,
                       embedded_protocols_stress_criteria_json_size, "the built-in criteria", out, err);
}

sw_code stress_criteria_of_run(const run_info *info, stress_criteria *out, sw_err *err)
{
    const size_t n = strlen(info->protocol_json);
    out->n = 0;
    const sw_code code = n > 0 ? read_member(info->protocol_json, n, "the run's protocol", out, err) : SW_OK;
    return code == SW_OK && out->n == 0 ? stress_criteria_built_in(out, err) : code;
}
