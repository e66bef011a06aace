/* share_write.c - what of a run is public: everything else is not written, and texts that look like a path lose it. */
#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "share/share.h"
#include "json/json_out.h"

enum { TEXT_BYTES_MAX = 200 }; // of a text; longer ones are cut

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* Returns true if a word of the text begins like a path, or there is a backslash. */
static bool has_path(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        const bool begins_word = p == text || p[-1] == ' ' || strchr("\"'(=:", p[-1]) != NULL;
        if (*p == '\\' ||
            (begins_word && (*p == '/' || *p == '~' || strncmp(p, "./", 2) == 0 || strncmp(p, "../", 3) == 0)))
            return true;
    }
    return false;
}

static const char *after_last_slash(const char *text)
{
    const char *last = text;
    for (const char *p = text; *p != '\0'; p++)
        last = *p == '/' || *p == '\\' ? p + 1 : last;
    return last;
}

/* A text of bounded length without hidden characters. */
static json_t *plain_text(const char *text)
{
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 16);
    escape_terminal(&safe, text, strlen(text));
    size_t n = safe.size;
    if (n > TEXT_BYTES_MAX)
        for (n = TEXT_BYTES_MAX; n > 0 && (safe.data[n] & 0xc0) == 0x80;)
            n--;
    json_t *const value = safe.failed == SW_OK ? json_stringn(buf_str(&safe), n) : NULL;
    buf_free(&safe);
    return value;
}

static json_t *public_text(const char *text)
{
    return plain_text(has_path(text) ? after_last_slash(text) : text);
}

/* Servers name models by paths and owners too: the last part is the model's own name. */
static json_t *model_name(const char *name)
{
    const char *const last = after_last_slash(name);
    const size_t n = strlen(last), n_suffix = strlen(".gguf");
    char plain[TEXT_BYTES_MAX + 1];
    if (n <= n_suffix || n > TEXT_BYTES_MAX || strcmp(last + n - n_suffix, ".gguf") != 0)
        return plain_text(last);
    memcpy(plain, last, n - n_suffix);
    plain[n - n_suffix] = '\0';
    return plain_text(plain);
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static json_t *hardware_json(const run_record *run)
{
    const fact_record *const gpu = run_fact(run, -1, -1, FACT_GPU_NAME);
    const fact_record *const driver = run_fact(run, -1, -1, FACT_GPU_DRIVER);
    const bool has_gpu = gpu != NULL && driver != NULL && driver->text[0] != '\0'; // else the reason why there is none
    json_t *out = json_object();
    json_put(&out, "cpu", public_text(run->info.cpu));
    json_put(&out, "cores", json_integer(run->info.n_cores));
    json_put(&out, "memory_bytes", json_integer((json_int_t)run->info.memory_bytes));
    json_put(&out, "gpu", public_text(has_gpu ? gpu->text : ""));
    json_put(&out, "os", public_text(run->info.os));
    if (run_is_emulated(run))
        json_put(&out, "emulated", json_true());
    return out;
}

/* Returns true if both are repetitions of one test. */
static bool is_same_test(const test_record *a, const test_record *b)
{
    return a->index == b->index && strcmp(a->variant, b->variant) == 0;
}

/* The value of every completed repetition of `first`, from its row on; NULL in *out if none exists. */
static bool put_samples(json_t **out, const run_summary *s, size_t first, share_metric metric)
{
    json_t *values = json_array();
    bool has_value = false;
    for (size_t i = first; i < s->n_rows; i++) {
        const summary_row *const row = &s->rows[i];
        if (!is_same_test(row->test, s->rows[first].test) || row->test->answer.status != TEST_COMPLETED)
            continue;
        const double value = share_metric_of(metric, row);
        has_value |= isfinite(value);
        json_push(&values, json_figure(value));
    }
    *out = values;
    return has_value;
}

static json_t *test_json(const run_summary *s, size_t first)
{
    const test_record *const t = s->rows[first].test;
    json_t *repeats = json_array(), *samples = json_object(), *out = json_object();
    int n_asked = 0;
    for (size_t i = first; i < s->n_rows; i++) {
        if (!is_same_test(s->rows[i].test, t))
            continue;
        n_asked++;
        if (s->rows[i].test->answer.status == TEST_COMPLETED)
            json_push(&repeats, json_integer(s->rows[i].test->repeat));
    }
    for (int metric = 0; metric < N_SHARE_METRICS; metric++) {
        json_t *values;
        if (put_samples(&values, s, first, (share_metric)metric))
            json_put(&samples, share_metric_name((share_metric)metric), values);
        else
            json_decref(values);
    }
    json_put(&out, "test", json_integer(t->index));
    json_put(&out, "variant", public_text(t->variant));
    json_put(&out, "asked", json_integer(n_asked));
    json_put(&out, "repeats", repeats);
    json_put(&out, "samples", samples);
    return out;
}

/* Returns true if an earlier row is of the same test. */
static bool is_repeated(const run_summary *s, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (is_same_test(s->rows[i].test, s->rows[row].test))
            return true;
    }
    return false;
}

/* The software that answered in that mode; "" if nobody told. */
static const char *software_of(const run_record *run, const run_summary *s)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        const int server = s->rows[i].test->server;
        if (server >= 0 && (size_t)server < run->n_servers)
            return run->servers[server].software;
    }
    return "";
}

static json_t *modes_json(const run_record *run, const subject_analysis *subject)
{
    json_t *modes = json_array();
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        const run_summary *const s = &subject->modes[mode];
        if (s->n_rows == 0)
            continue;
        json_t *tests = json_array(), *out = json_object();
        for (size_t i = 0; i < s->n_rows; i++) {
            if (!is_repeated(s, i))
                json_push(&tests, test_json(s, i));
        }
        json_put(&out, "mode", json_string(test_mode_name((test_mode)mode)));
        json_put(&out, "software", public_text(software_of(run, s)));
        json_put(&out, "tests", tests);
        json_push(&modes, out);
    }
    return modes;
}

static json_t *model_json(const run_record *run, const subject_analysis *subject)
{
    const subject_record *const s = subject->subject;
    const memory_figures *const m = &subject->memory;
    json_t *out = json_object();
    json_put(&out, "name", model_name(s->name));
    json_put(&out, "family", public_text(s->family));
    json_put(&out, "quantization", public_text(s->quantization));
    json_put(&out, "file_hash", public_text(s->file_hash));
    json_put(&out, "file_bytes", json_integer((json_int_t)s->file_bytes));
    json_put(&out, "parameters", json_integer((json_int_t)s->n_parameters));
    json_put(&out, "active_parameters", json_integer((json_int_t)s->n_active_parameters));
    json_put(&out, "layers", json_integer(s->n_layers));
    json_put(&out, "experts", json_integer(s->n_experts));
    json_put(&out, "experts_used", json_integer(s->n_experts_used));
    json_put(&out, "context", json_integer(s->n_ctx_train));
    json_put(&out, "private_bytes", json_figure(m->ram_offloaded_bytes));
    json_put(&out, "vram_bytes", json_figure(m->kind == SAVING_MEASURED ? m->vram_offloaded_bytes : NAN));
    json_put(&out, "modes", modes_json(run, subject));
    return out;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static json_t *share_json(const run_analysis *a)
{
    const run_info *const info = &a->run->info;
    json_t *models = json_array(), *out = json_object();
    for (size_t i = 0; i < a->n_subjects; i++)
        json_push(&models, model_json(a->run, &a->subjects[i]));
    json_put(&out, "spillway_share", json_integer(SHARE_VERSION));
    json_put(&out, "version", public_text(info->version));
    json_put(&out, "began", json_timestamp(info->started_unix_ms / 1000));
    json_put(&out, "status", public_text(info->status));
    json_put(&out, "fingerprint", public_text(info->fingerprint));
    json_put(&out, "protocol_hash", public_text(info->protocol_hash));
    json_put(&out, "hardware", hardware_json(a->run));
    json_put(&out, "models", models);
    return out;
}

sw_code share_write(buf *out, const run_analysis *analysis, sw_err *err)
{
    const size_t n_before = out->size;
    json_write(out, share_json(analysis));
    buf_putc(out, '\n');
    if (out->failed != SW_OK)
        return sw_fail(err, out->failed, "the file to share is too large, or memory is short");
    if (out->size - n_before > LIMIT_SHARE_BYTES)
        return sw_fail(err, SW_ELIMIT, "the file to share would have more than %d bytes", LIMIT_SHARE_BYTES);
    return SW_OK;
}

sw_code share_put(const char *path, const run_analysis *analysis, sw_err *err)
{
    buf text;
    buf_init(&text, (size_t)LIMIT_SHARE_BYTES + 1);
    sw_code code = share_write(&text, analysis, err);
    if (code == SW_OK)
        code = file_put(path, buf_str(&text), text.size, err);
    buf_free(&text);
    return code;
}
