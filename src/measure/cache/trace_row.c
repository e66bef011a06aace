/* trace_row.c - strict: a member more, less or of another kind is an error. */
#include "cache/trace_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json/json_fields.h"

enum { LINE_BYTES_MAX = 8192, REQUEST_BYTES = 16 };
static const char CSV_HEAD[] = "request,sequence,position,layer,experts,weights";

/* What holds for both forms. */
static sw_code check_row(const trace_row *row, const char *source, size_t number, sw_err *err)
{
    if (row->n_weights != row->n_used)
        return sw_fail(err, SW_EFORMAT, "%s:%zu: %d experts have %d weights", source, number, row->n_used,
                       row->n_weights);
    bool seen[LIMIT_MODEL_EXPERTS] = {false};
    for (int i = 0; i < row->n_used; i++) {
        if (seen[row->experts[i]])
            return sw_fail(err, SW_EFORMAT, "%s:%zu: expert %d is there twice", source, number, row->experts[i]);
        seen[row->experts[i]] = true;
    }
    return SW_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static bool take_request(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    (void)target;
    return json_is_null(value) || json_is_string(value) || json_fail_type(r, at, "the id of a request, or null");
}

static bool take_experts(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    trace_row *const row = (trace_row *)target; // offset 0: the whole row
    (void)f;
    const size_t n = json_array_size(value);
    if (!json_is_array(value) || n == 0 || n > LIMIT_MODEL_EXPERTS_USED)
        return json_fail_type(r, at, "an array of 1 to 64 experts");
    for (size_t i = 0; i < n; i++) {
        const json_t *const x = json_array_get(value, i);
        if (!json_is_integer(x) || json_integer_value(x) < 0 || json_integer_value(x) >= LIMIT_MODEL_EXPERTS)
            return json_fail_type(r, at, "an array of numbers from 0 to 1023");
        row->experts[i] = (int)json_integer_value(x);
    }
    row->n_used = (int)n;
    return true;
}

static bool take_weights(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    trace_row *const row = (trace_row *)target;
    (void)f;
    const size_t n = json_array_size(value);
    if (!json_is_array(value) || n > LIMIT_MODEL_EXPERTS_USED)
        return json_fail_type(r, at, "an array of weights");
    for (size_t i = 0; i < n; i++) {
        if (!json_is_number(json_array_get(value, i)))
            return json_fail_type(r, at, "an array of numbers");
    }
    row->n_weights = (int)n;
    return true;
}

/* What the table stores. */
typedef struct json_row {
    trace_row row;
    int sequence, position;
} json_row;

sw_code trace_row_json(trace_row *out, const char *line, size_t n, const char *source, size_t number, sw_err *err)
{
    // clang-format off
    static const json_field FIELDS[] = {
        {.name = "request", .type = FIELD_CUSTOM, .take = take_request, .is_required = true},
        {.name = "sequence", .type = FIELD_INT, .offset = offsetof(json_row, sequence), .max = LIMIT_SEQUENCES - 1, .is_required = true},
        {.name = "position", .type = FIELD_INT, .offset = offsetof(json_row, position), .max = LIMIT_CTX_TOKENS, .is_required = true},
        {.name = "layer", .type = FIELD_INT, .offset = offsetof(json_row, row.layer), .max = LIMIT_MODEL_LAYERS - 1, .is_required = true},
        {.name = "experts", .type = FIELD_CUSTOM, .take = take_experts, .is_required = true},
        {.name = "weights", .type = FIELD_CUSTOM, .take = take_weights, .is_required = true},
    };
    // clang-format on
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof FIELDS[0], .refuse_unknown = true};
    const json_load_options options = {.bytes_max = LINE_BYTES_MAX, .refuse_repeated = true};
    json_reader reader = {.document = "the row"};
    json_row row = {.sequence = 0};
    json_t *const document = json_load_text(&reader, line, n, &options);
    const bool ok = document != NULL && json_read_object(&reader, NULL, document, &TABLE, &row);
    json_decref(document);
    *out = row.row;
    if (ok)
        return check_row(out, source, number, err);
    return sw_fail(err, reader.fault.kind == JSON_FAULT_MEMORY ? SW_ENOMEM : SW_EFORMAT, "%s:%zu: %s", source, number,
                   reader.fault.message);
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

bool trace_row_is_csv(const char *text, size_t n)
{
    const size_t n_head = sizeof CSV_HEAD - 1;
    return n > n_head && memcmp(text, CSV_HEAD, n_head) == 0 && text[n_head] == '\n';
}

/* A number of digits, 0 .. max; *at becomes its end. */
static bool read_number(const char **at, long max, int *out)
{
    long value = 0;
    const char *p = *at;
    for (; *p >= '0' && *p <= '9' && value <= max; p++)
        value = value * 10 + (*p - '0');
    const bool ok = p > *at && value <= max;
    *at = p;
    *out = (int)value;
    return ok;
}

static bool read_comma(const char **at)
{
    return *(*at)++ == ',';
}

/* Goes on after a space, which separates the members of a list. */
static bool skip_space(const char **at)
{
    if (**at != ' ')
        return false;
    ++*at;
    return true;
}

static bool read_request(const char **at)
{
    const size_t n = strspn(*at, "0123456789abcdef");
    *at += n;
    return n == 0 || n == REQUEST_BYTES;
}

static bool read_experts(trace_row *row, const char **at)
{
    do {
        if (row->n_used == LIMIT_MODEL_EXPERTS_USED ||
            !read_number(at, LIMIT_MODEL_EXPERTS - 1, &row->experts[row->n_used++]))
            return false;
    } while (skip_space(at));
    return true;
}

static bool read_weights(trace_row *row, const char **at)
{
    do {
        const size_t n = strspn(*at, "+-.0123456789e");
        char *end;
        if (row->n_weights++ == LIMIT_MODEL_EXPERTS_USED || n == 0 || !isfinite(strtod(*at, &end)) || end != *at + n)
            return false;
        *at = end;
    } while (skip_space(at));
    return true;
}

sw_code trace_row_csv(trace_row *out, const char *line, size_t n, const char *source, size_t number, sw_err *err)
{
    char text[LINE_BYTES_MAX];
    const char *at = text;
    int sequence, position;
    *out = (trace_row){.n_used = 0};
    if (n >= sizeof text)
        return sw_fail(err, SW_EFORMAT, "%s:%zu: the line has more than %d bytes", source, number, LINE_BYTES_MAX - 1);
    memcpy(text, line, n);
    text[n] = '\0';
    const bool ok = read_request(&at) && read_comma(&at) && read_number(&at, LIMIT_SEQUENCES - 1, &sequence) &&
                    read_comma(&at) && read_number(&at, LIMIT_CTX_TOKENS, &position) && read_comma(&at) &&
                    read_number(&at, LIMIT_MODEL_LAYERS - 1, &out->layer) && read_comma(&at) &&
                    read_experts(out, &at) && read_comma(&at) && read_weights(out, &at) && at == text + n;
    if (ok)
        return check_row(out, source, number, err);
    return sw_fail(err, SW_EFORMAT, "%s:%zu: the row is not as its head says: %s; column %zu", source, number, CSV_HEAD,
                   (size_t)(at - text) + 1);
}
