/* share_read_tests.c - the modes of a model, their tests, and the values of each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "share/share_fields.h"

/* What is read of one mode. */
typedef struct mode_fields {
    share_file *file;
    int model, mode;
    const char *software;
} mode_fields;

/* ---- lists ------------------------------------------------------------------------------------------------------- */

bool share_is_list(json_reader *r, const json_place *at, const json_t *value, size_t min, size_t max)
{
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array");
    const size_t n = json_array_size(value);
    if (n < min || n > max)
        return json_fail(r, at, JSON_FAULT_SIZE, "there must be %zu to %zu elements, not %zu", min, max, n);
    return true;
}

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Each repetition is there once, in any order. */
static bool check_repeats(json_reader *r, const json_place *at, const share_test *t)
{
    int *const sorted = arena_alloc(r->keep, (t->n + 1) * sizeof *sorted);
    if (sorted == NULL)
        return json_fail_memory(r);
    memcpy(sorted, t->repeats, t->n * sizeof *sorted);
    qsort(sorted, t->n, sizeof *sorted, by_number);
    for (size_t i = 1; i < t->n; i++) {
        if (sorted[i] == sorted[i - 1])
            return json_fail(r, at, JSON_FAULT_RANGE, "repetition %d comes twice", sorted[i]);
    }
    return true;
}

static bool take_repeats(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field REPEAT = {.type = FIELD_INT, .max = SHARE_N_MAX};
    share_test *const t = target;
    if (!share_is_list(r, at, value, 0, SHARE_VALUES_MAX))
        return false;
    t->n = json_array_size(value);
    int *const repeats = arena_alloc(r->keep, (t->n + 1) * sizeof *repeats);
    if (repeats == NULL)
        return json_fail_memory(r);
    t->repeats = repeats;
    for (size_t i = 0; i < t->n; i++) {
        const json_place here = {at, NULL, i};
        if (!json_read_value(r, &REPEAT, &here, json_array_get(value, i), &repeats[i]))
            return false;
    }
    return check_repeats(r, at, t);
}

/* The values of one metric, as many as there are repetitions; null is NAN. */
static bool read_values(json_reader *r, const json_place *at, const json_t *value, size_t n, const double **out)
{
    static const json_field VALUE = {.type = FIELD_DOUBLE, .max = SHARE_NUMBER_MAX};
    if (!share_is_list(r, at, value, n, n))
        return false;
    double *const values = arena_alloc(r->keep, (n + 1) * sizeof *values);
    if (values == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place here = {at, NULL, i};
        const json_t *const element = json_array_get(value, i);
        values[i] = NAN;
        if (!json_is_null(element) && !json_read_value(r, &VALUE, &here, element, &values[i]))
            return false;
    }
    *out = values;
    return true;
}

static bool take_samples(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    share_test *const t = target;
    const char *name;
    json_t *values;
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    json_object_foreach((json_t *)value, name, values)
    {
        const json_place here = {at, name, 0};
        const int metric = share_metric_from_name(name);
        if (metric < 0)
            return json_fail(r, &here, JSON_FAULT_UNKNOWN, "there is no figure '%.40s'", name);
        if (!read_values(r, &here, values, t->n, &t->values[metric]))
            return false;
    }
    return true;
}

/* ---- tests and modes --------------------------------------------------------------------------------------------- */

static bool append_test(json_reader *r, const json_place *at, share_file *file, const share_test *t)
{
    if (t->n > (size_t)t->n_asked)
        return json_fail(r, at, JSON_FAULT_RANGE, "asked is %d, and %zu repetitions completed", t->n_asked, t->n);
    if (!mem_grow(&file->tests, &file->cap_tests, file->n_tests + 1, sizeof *file->tests))
        return json_fail_memory(r);
    file->tests[file->n_tests++] = *t;
    return true;
}

static bool read_test(json_reader *r, const json_place *at, const json_t *value, const mode_fields *m)
{
    static const json_field FIELDS[] = {
        {.name = "test",
         .type = FIELD_INT,
         .offset = offsetof(share_test, test),
         .max = LIMIT_PROTOCOL_TESTS - 1,
         .is_required = true},
        TEXT(share_test, variant, "variant"),
        COUNT(share_test, n_asked, "asked"),
        {.name = "repeats", .type = FIELD_CUSTOM, .is_required = true, .take = take_repeats},
        {.name = "samples", .type = FIELD_CUSTOM, .is_required = true, .take = take_samples}, // after the repetitions
    };
    static const json_table TESTS = TABLE(FIELDS);
    share_test test = {.model = m->model, .mode = (test_mode)m->mode, .variant = ""};
    return json_read_object(r, at, value, &TESTS, &test) && append_test(r, at, m->file, &test);
}

static bool take_tests(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    const mode_fields *const m = target;
    if (!share_is_list(r, at, value, 0, SHARE_VALUES_MAX))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place here = {at, NULL, i};
        if (!read_test(r, &here, json_array_get(value, i), m))
            return false;
    }
    return true;
}

static bool take_mode(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    mode_fields *const m = target;
    m->mode = json_is_string(value) ? test_mode_from_name(json_string_value(value)) : -1;
    return m->mode >= 0 || json_fail(r, at, JSON_FAULT_RANGE, "mode must be stream, whole, reference, cold or sweep");
}

bool share_read_modes(json_reader *r, const json_place *at, const json_t *value, share_file *file, int position,
                      share_model *model)
{
    static const json_field FIELDS[] = {
        {.name = "mode", .type = FIELD_CUSTOM, .is_required = true, .take = take_mode},
        TEXT(mode_fields, software, "software"),
        {.name = "tests", .type = FIELD_CUSTOM, .is_required = true, .take = take_tests}, // after the mode
    };
    static const json_table MODES = TABLE(FIELDS);
    if (!share_is_list(r, at, value, 0, N_TEST_MODES))
        return false;
    unsigned seen = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place here = {at, NULL, i};
        mode_fields m = {.file = file, .model = position};
        if (!json_read_object(r, &here, json_array_get(value, i), &MODES, &m))
            return false;
        if ((seen & 1u << m.mode) != 0)
            return json_fail(r, &here, JSON_FAULT_RANGE, "the mode %s comes twice", test_mode_name((test_mode)m.mode));
        seen |= 1u << m.mode;
        model->software[m.mode] = m.software;
    }
    return true;
}
