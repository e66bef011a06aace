/* recorder.c - the writing half of recording.h: the head, and a line for every sample. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "monitor/recording.h"
#include "json/json_out.h"

enum { LINE_BYTES_MAX = 16384 }; // the head is the longest

struct recorder {
    FILE *file;
    bool is_csv;
    size_t n;
    buf line;
    char path[RECORDING_TEXT_BYTES]; // for errors
};

/* A text from outside, which need not be UTF-8. */
static json_t *text_of(const char *text)
{
    char valid[RECORDING_TEXT_BYTES];
    snprintf(valid, sizeof valid, "%s", text);
    utf8_replace_invalid(valid, strlen(valid));
    return json_string(valid);
}

void recording_put_head(buf *out, const recording_head *head)
{
    json_t *o = json_object();
    json_put(&o, "spillway_recording", json_integer(1));
    json_put(&o, "started_unix_s", json_integer(head->started_unix_s));
    json_put(&o, "interval_s", json_real(head->interval_s));
    json_put(&o, "pid", json_integer(head->pid));
    json_put(&o, "program", text_of(head->program));
    json_put(&o, "cpu", text_of(head->cpu));
    json_put(&o, "os", text_of(head->os));
    json_put(&o, "n_cores", json_integer(head->n_cores));
    json_put(&o, "memory_bytes", json_real(head->memory_bytes));
    json_put(&o, "gpu", text_of(head->gpu));
    json_put(&o, "gpu_driver", text_of(head->gpu_driver));
    json_put(&o, "gpu_note", text_of(head->gpu_note));
    buf text; // names of a program may hold what a terminal would obey
    buf_init(&text, out->max);
    json_write(&text, o);
    escape_json_document(out, buf_str(&text), text.size);
    buf_free_part(&text, out);
}

/* Fifteen digits are exact for every byte up to 2^49. */
static void put_number(buf *out, double value, const char *unknown)
{
    if (isfinite(value))
        buf_printf(out, "%.15g", value);
    else
        buf_puts(out, unknown);
}

void recording_put_sample(buf *out, double t_s, const sample_values *values)
{
    buf_puts(out, "{\"t_s\":");
    put_number(out, t_s, "null");
    for (size_t i = 0; i < N_SAMPLE_FIGURES; i++) {
        buf_printf(out, ",\"%s\":", SAMPLE_FIGURE_IDS[i].name);
        put_number(out, values->v[i], "null");
    }
    buf_putc(out, '}');
}

static void put_row(buf *out, double t_s, const sample_values *values)
{
    put_number(out, t_s, "");
    for (size_t i = 0; i < N_SAMPLE_FIGURES; i++) {
        buf_putc(out, ',');
        put_number(out, values->v[i], "");
    }
}

static void put_names(buf *out)
{
    buf_puts(out, "t_s");
    for (size_t i = 0; i < N_SAMPLE_FIGURES; i++)
        buf_printf(out, ",%s", SAMPLE_FIGURE_IDS[i].name);
}

static bool has_ending(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

bool recorder_is_form(const char *path)
{
    return has_ending(path, ".jsonl") || has_ending(path, ".csv");
}

/* Writes r->line and the end of the line, and empties it. */
static sw_code write_line(recorder *r, sw_err *err)
{
    buf_putc(&r->line, '\n');
    if (r->line.failed != SW_OK)
        return sw_fail(err, SW_ENOMEM, "out of memory for a line of %s", r->path);
    errno = 0;
    const size_t n = fwrite(r->line.data, 1, r->line.size, r->file);
    if (n != r->line.size || fflush(r->file) != 0)
        return sw_fail(err, SW_EIO, "%s cannot be written: %s; it holds the samples before", r->path, strerror(errno));
    buf_clear(&r->line);
    return SW_OK;
}

static sw_code write_head(recorder *r, const recording_head *head, sw_err *err)
{
    buf_puts(&r->line, r->is_csv ? "# " : "");
    recording_put_head(&r->line, head);
    if (r->is_csv) {
        buf_putc(&r->line, '\n');
        put_names(&r->line);
    }
    return write_line(r, err);
}

sw_code recorder_open(recorder **out, const char *path, const recording_head *head, sw_err *err)
{
    *out = NULL;
    recorder *const r = mem_calloc(1, sizeof *r);
    if (r == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a recording");
    snprintf(r->path, sizeof r->path, "%s", path);
    buf_init(&r->line, LINE_BYTES_MAX);
    r->is_csv = has_ending(path, ".csv");
    r->file = fopen(path, "we");
    sw_code code = SW_OK;
    if (r->file == NULL)
        code = sw_fail(err, SW_EIO, "%s cannot be written: %s", r->path, strerror(errno));
    else
        code = write_head(r, head, err);
    if (code != SW_OK) {
        recorder_close(r);
        return code;
    }
    *out = r;
    return SW_OK;
}

sw_code recorder_add(recorder *r, double t_s, const sample_values *values, sw_err *err)
{
    if (r->is_csv)
        put_row(&r->line, t_s, values);
    else
        recording_put_sample(&r->line, t_s, values);
    const sw_code code = write_line(r, err);
    r->n += code == SW_OK;
    return code;
}

size_t recorder_n_samples(const recorder *r)
{
    return r->n;
}

void recorder_close(recorder *r)
{
    if (r == NULL)
        return;
    if (r->file != NULL)
        fclose(r->file); // every line was flushed
    buf_free(&r->line);
    mem_free(r);
}
