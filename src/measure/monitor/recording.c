/* recording.c - the reading half of recording.h.  A recording is input from outside: every line is bounded and strict.
 */
#include "monitor/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_fields.h"

enum { LINE_BYTES = 16384, N_COLUMNS = N_SAMPLE_FIGURES + 1 };

typedef struct reading {
    recording *r;
    FILE *from;
    const char *name;
    size_t number; // of the line
    char line[LINE_BYTES];
    int columns[N_COLUMNS];   // CSV: the figure in each, or TIME
    size_t n_columns;         // 0: JSON
    size_t n_times, n_values; // that r has memory for
    sw_err *err;
} reading;

enum { TIME = N_SAMPLE_FIGURES };

static sw_code wrong(reading *d, const char *what)
{
    return sw_fail(d->err, SW_EFORMAT, "%s: line %zu: %s", d->name, d->number, what);
}

/* Reads a line without its end.  *has_line_out false: there is no further one, or it is incomplete. */
static sw_code next_line(reading *d, bool *has_line_out)
{
    *has_line_out = false;
    d->number++;
    errno = 0;
    if (fgets(d->line, sizeof d->line, d->from) == NULL)
        return ferror(d->from) ? sw_fail(d->err, SW_EIO, "%s cannot be read: %s", d->name, strerror(errno)) : SW_OK;
    char *const end = strchr(d->line, '\n');
    if (end != NULL) {
        *end = '\0';
        *has_line_out = true;
        return SW_OK;
    }
    if (!feof(d->from))
        return wrong(d, "it is too long, or holds a zero byte");
    d->r->is_cut = true;
    return SW_OK;
}

static sw_code json_wrong(reading *d, const json_reader *reader)
{
    return wrong(d, reader->fault.message);
}

static json_t *load(json_reader *reader, const char *text)
{
    const json_load_options o = {.bytes_max = LINE_BYTES, .refuse_repeated = true};
    return json_load_text(reader, text, strlen(text), &o);
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

/* Copies a text member, cut to its place. */
static bool take_text(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    if (!json_is_string(value))
        return json_fail_type(r, at, "a text");
    snprintf((char *)target + f->offset, RECORDING_TEXT_BYTES, "%s", json_string_value(value));
    return true;
}

typedef struct head_values {
    recording_head head;
    int version;
    int64_t pid, n_cores;
} head_values;

#define TEXT_ROW(member)                                                                                               \
    {                                                                                                                  \
        .name = #member, .type = FIELD_CUSTOM, .offset = offsetof(head_values, head.member), .take = take_text         \
    }
static const json_field HEAD_FIELDS[] = {
    {"spillway_recording", FIELD_INT, offsetof(head_values, version), .min = 1, .max = 1, .is_required = true},
    {"started_unix_s", FIELD_INT64, offsetof(head_values, head.started_unix_s), .min = 0, .max = 253402300799},
    {"interval_s", FIELD_DOUBLE, offsetof(head_values, head.interval_s), .min = 0, .max = 86400},
    {"pid", FIELD_INT64, offsetof(head_values, pid), .min = 0, .max = INT32_MAX},
    {"n_cores", FIELD_INT64, offsetof(head_values, n_cores), .min = 0, .max = 1048576},
    {"memory_bytes", FIELD_DOUBLE, offsetof(head_values, head.memory_bytes), .min = 0, .max = 1e18},
    TEXT_ROW(program),
    TEXT_ROW(cpu),
    TEXT_ROW(os),
    TEXT_ROW(gpu),
    TEXT_ROW(gpu_driver),
    TEXT_ROW(gpu_note),
};

static sw_code read_head(reading *d, const char *text)
{
    static const json_table TABLE = {HEAD_FIELDS, sizeof HEAD_FIELDS / sizeof HEAD_FIELDS[0], .refuse_unknown = true};
    json_reader reader = {.document = "the head"};
    head_values values = {0};
    json_t *const o = load(&reader, text);
    const bool is_read = o != NULL && json_read_object(&reader, NULL, o, &TABLE, &values);
    json_decref(o);
    if (!is_read)
        return json_wrong(d, &reader);
    d->r->head = values.head;
    d->r->head.pid = (long)values.pid;
    d->r->head.n_cores = (long)values.n_cores;
    return SW_OK;
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

/* The figure of this name, TIME, or -1. */
static int column_of(const char *name, size_t n)
{
    for (int i = 0; i < N_SAMPLE_FIGURES; i++) {
        if (strlen(SAMPLE_FIGURE_IDS[i].name) == n && memcmp(SAMPLE_FIGURE_IDS[i].name, name, n) == 0)
            return i;
    }
    return n == 3 && memcmp(name, "t_s", 3) == 0 ? TIME : -1;
}

/* Memory for one more sample. */
static sw_code grow(reading *d)
{
    recording *const r = d->r;
    if (r->n == LIMIT_RECORDING_SAMPLES)
        return sw_fail(d->err, SW_ELIMIT, "%s has more than %d samples; record with a longer --interval", d->name,
                       LIMIT_RECORDING_SAMPLES);
    if (!mem_grow(&r->t_s, &d->n_times, r->n + 1, sizeof *r->t_s) ||
        !mem_grow(&r->values, &d->n_values, r->n + 1, sizeof *r->values))
        return sw_fail(d->err, SW_ENOMEM, "out of memory for the samples of %s", d->name);
    return SW_OK;
}

static sw_code add(reading *d, double t_s, const sample_values *values)
{
    recording *const r = d->r;
    if (!(t_s >= 0) || (r->n > 0 && t_s < r->t_s[r->n - 1]))
        return wrong(d, "t_s is missing, below 0, or less than in the line before");
    const sw_code code = grow(d);
    if (code != SW_OK)
        return code;
    r->t_s[r->n] = t_s;
    r->values[r->n++] = *values;
    return SW_OK;
}

/* Sets the figure or the time.  False: it is below zero or not finite, which only temperatures may be. */
static bool set(int column, double value, double *t_s, sample_values *values)
{
    if (!isfinite(value) || (value < 0 && column != SAMPLE_TEMPERATURE))
        return false;
    if (column == TIME)
        *t_s = value;
    else
        values->v[column] = value;
    return true;
}

static sw_code read_object(reading *d)
{
    json_reader reader = {.document = "a sample"};
    json_t *const o = load(&reader, d->line);
    if (!json_is_object(o)) {
        json_decref(o);
        return o == NULL ? json_wrong(d, &reader) : wrong(d, "a sample must be an object");
    }
    double t_s = NAN;
    sample_values values = sample_values_none();
    const char *name;
    json_t *value;
    bool is_good = true;
    json_object_foreach(o, name, value)
    {
        const int column = column_of(name, strlen(name));
        is_good =
            is_good && column >= 0 &&
            (json_is_null(value) || (json_is_number(value) && set(column, json_number_value(value), &t_s, &values)));
    }
    json_decref(o);
    return is_good ? add(d, t_s, &values) : wrong(d, "a member is no figure, or its value is none");
}

/* A cell of a row as the recorder writes it: a number in decimal digits, or nothing. */
static bool read_cell(const char *cell, size_t n, double *out)
{
    char *end;
    *out = NAN;
    if (n == 0)
        return true;
    if (strspn(cell, "0123456789+-.e") != n)
        return false;
    *out = strtod(cell, &end);
    return end == cell + n && isfinite(*out);
}

static sw_code read_row(reading *d)
{
    double t_s = NAN;
    sample_values values = sample_values_none();
    const char *p = d->line;
    for (size_t i = 0; i < d->n_columns; i++) {
        double value;
        const size_t n = strcspn(p, ",");
        const bool is_last = i + 1 == d->n_columns;
        if (!read_cell(p, n, &value) || (p[n] == '\0') != is_last)
            return wrong(d, "a cell is no number, or there are more or fewer than names");
        if (!isnan(value) && !set(d->columns[i], value, &t_s, &values))
            return wrong(d, "a figure is below zero");
        p += n + !is_last;
    }
    return add(d, t_s, &values);
}

static sw_code read_names(reading *d)
{
    for (const char *p = d->line;; p++) {
        const size_t n = strcspn(p, ",");
        const int column = column_of(p, n);
        if (column < 0 || d->n_columns == N_COLUMNS)
            return wrong(d, "a name is no figure, or there are too many");
        d->columns[d->n_columns++] = column;
        p += n;
        if (*p == '\0')
            return SW_OK;
    }
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* The head, and the names of CSV. */
static sw_code read_start(reading *d)
{
    bool has_line;
    sw_code code = next_line(d, &has_line);
    if (code == SW_OK && !has_line)
        return wrong(d, "there is no recording of `spillway monitor`");
    const bool is_csv = code == SW_OK && strncmp(d->line, "# ", 2) == 0;
    if (code == SW_OK)
        code = read_head(d, is_csv ? d->line + 2 : d->line);
    if (code == SW_OK && is_csv && (code = next_line(d, &has_line)) == SW_OK)
        code = has_line ? read_names(d) : wrong(d, "there are no names of columns");
    return code;
}

sw_code recording_read(recording *out, FILE *from, const char *name, sw_err *err)
{
    *out = (recording){0};
    reading d = {.r = out, .from = from, .name = name, .err = err};
    sw_code code = read_start(&d);
    bool has_line = code == SW_OK;
    while (code == SW_OK && has_line) {
        code = next_line(&d, &has_line);
        if (code == SW_OK && has_line)
            code = d.n_columns > 0 ? read_row(&d) : read_object(&d);
    }
    if (code != SW_OK)
        recording_free(out);
    return code;
}

void recording_free(recording *r)
{
    mem_free(r->t_s);
    mem_free(r->values);
    *r = (recording){0};
}
