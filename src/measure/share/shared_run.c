/* shared_run.c - records first, with a place for each repetition that was asked; then the figures of those that the
 * file has.
 */
#include "share/shared_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"

enum { NAME_BYTES = 24 };

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for the runs of a shared file");
}

/* ---- the run and its models -------------------------------------------------------------------------------------- */

// "2026-11-22T01:15:44Z"
int64_t shared_run_began(const share_file *file)
{
    const char *const text = file->began;
    struct tm utc = {0};
    int n = 0;
    const bool is_time = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                                &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &n) == 6 &&
                         n == 20 && text[n] == '\0';
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    return is_time ? (int64_t)timegm(&utc) * 1000 : 0;
}

static run_info info_of(const share_file *file)
{
    const share_hardware *const h = &file->hardware;
    return (run_info){.started_unix_ms = shared_run_began(file),
                      .status = file->status,
                      .reasons = "",
                      .fingerprint = file->fingerprint,
                      .version = file->version,
                      .url = "",
                      .model = file->models[0].name,
                      .protocol_name = "",
                      .protocol_hash = file->protocol_hash,
                      .protocol_json = "",
                      .options_json = "",
                      .command = "",
                      .cpu = h->cpu,
                      .os = h->os,
                      .n_cores = h->n_cores,
                      .memory_bytes = (uint64_t)h->memory_bytes,
                      .n_sessions = 1};
}

static subject_record subject_of(const share_model *m)
{
    return (subject_record){.name = m->name,
                            .family = m->family,
                            .file_name = "",
                            .file_hash = m->file_hash,
                            .quantization = m->quantization,
                            .file_bytes = (uint64_t)m->file_bytes,
                            .n_parameters = (uint64_t)m->n_parameters,
                            .n_active_parameters = (uint64_t)m->n_active_parameters,
                            .n_layers = m->n_layers,
                            .n_experts = m->n_experts,
                            .n_experts_used = m->n_experts_used,
                            .n_ctx_train = m->n_ctx_train};
}

/* One server for each model and mode: the file names the software of each. */
static void add_servers(const share_file *file, int model, run_record *run)
{
    const share_model *const m = &file->models[model];
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        if (m->software[mode] != NULL)
            run->servers[run->n_servers++] =
                (server_record){.subject = model,
                                .side = mode == MODE_REFERENCE ? SIDE_REFERENCE : SIDE_GIVEN,
                                .url = "",
                                .software = m->software[mode],
                                .command = ""};
    }
}

/* Both peaks of the model as one sample of its first server that is not the reference. */
static void add_sample(const share_model *m, int model, run_record *run)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        const server_record *const s = &run->servers[i];
        if (s->subject != model || s->side == SIDE_REFERENCE)
            continue;
        resource_sample *const sample = &run->samples[run->n_samples++];
        *sample = (resource_sample){.server = (int)i, .test_index = -1, .values = sample_values_none()};
        sample->values.v[SAMPLE_PRIVATE] = m->private_bytes;
        sample->values.v[SAMPLE_GPU_PROCESS] = m->vram_bytes;
        return;
    }
}

static void add_gpu(const share_file *file, run_record *run)
{
    if (file->hardware.gpu[0] != '\0')
        run->facts[run->n_facts++] = (fact_record){.subject = -1,
                                                   .server = -1,
                                                   .name = FACT_GPU_NAME,
                                                   .number = NAN,
                                                   .text = file->hardware.gpu,
                                                   .source = "a shared file"};
}

/* The file does not say of which server. */
static void add_emulated(const share_file *file, run_record *run)
{
    if (file->hardware.is_emulated)
        run->facts[run->n_facts++] = (fact_record){.subject = -1,
                                                   .server = -1,
                                                   .name = FACT_DEVICE_EMULATED,
                                                   .number = NAN,
                                                   .text = "yes",
                                                   .source = "a shared file"};
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

/* The protocol counts from 0, people from 1. */
static const char *name_of(const share_test *t, arena *keep)
{
    char name[NAME_BYTES];
    const int n = snprintf(name, sizeof name, "test %d", t->test + 1);
    return arena_copy(keep, name, (size_t)n);
}

static bool has_repeat(const share_test *t, int repeat)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->repeats[i] == repeat)
            return true;
    }
    return false;
}

static test_record record_of(const share_test *t, const char *name, int repeat, bool is_completed)
{
    return (test_record){
        .plan = {.name = name, .group = "", .prompt = "", .expected = ""},
        .subject = t->model,
        .server = -1,
        .mode = t->mode,
        .variant = t->variant,
        .index = t->test,
        .repeat = repeat,
        .stage = -1,
        .item = "",
        .answer = {.status = is_completed ? TEST_COMPLETED : TEST_INCOMPLETE,
                   .error = is_completed ? "" : "a shared file does not say why",
                   .finish_reason = "",
                   .model = "",
                   .fingerprint = "",
                   .text = "",
                   .reasoning = ""},
    };
}

/* Those that completed, in the order of the file; then the lowest numbers that are left for those that did not. */
static sw_code add_tests(const share_test *t, run_record *run, sw_err *err)
{
    const char *const name = name_of(t, run->keep);
    if (name == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < t->n; i++)
        run->tests[run->n_tests++] = record_of(t, name, t->repeats[i], true);
    for (int repeat = 0, n_left = t->n_asked - (int)t->n; n_left > 0; repeat++) {
        if (has_repeat(t, repeat))
            continue;
        run->tests[run->n_tests++] = record_of(t, name, repeat, false);
        n_left--;
    }
    return SW_OK;
}

static sw_code count_answers(const share_file *file, size_t *n_out, sw_err *err)
{
    int64_t n = 0;
    for (size_t i = 0; i < file->n_tests; i++)
        n += file->tests[i].n_asked;
    *n_out = (size_t)n;
    return n <= SHARED_ANSWERS_MAX
               ? SW_OK
               : sw_fail(err, SW_ELIMIT, "a shared file of %lld answers is not compared; the most are %d", (long long)n,
                         SHARED_ANSWERS_MAX);
}

static sw_code fill_run(const share_file *file, run_record *run, sw_err *err)
{
    size_t n_answers;
    sw_code code = count_answers(file, &n_answers, err);
    if (code != SW_OK)
        return code;
    const size_t n_models = (size_t)file->n_models;
    run->keep = arena_create();
    run->subjects = mem_calloc(n_models, sizeof *run->subjects);
    run->servers = mem_calloc(n_models * N_TEST_MODES, sizeof *run->servers);
    run->samples = mem_calloc(n_models, sizeof *run->samples);
    run->facts = mem_calloc(2, sizeof *run->facts);
    run->tests = mem_calloc(n_answers + 1, sizeof *run->tests);
    if (run->keep == NULL || run->subjects == NULL || run->servers == NULL || run->samples == NULL ||
        run->facts == NULL || run->tests == NULL)
        return out_of_memory(err);
    run->info = info_of(file);
    add_gpu(file, run);
    add_emulated(file, run);
    for (int i = 0; i < file->n_models; i++) {
        run->subjects[run->n_subjects++] = subject_of(&file->models[i]);
        add_servers(file, i, run);
        add_sample(&file->models[i], i, run);
    }
    for (size_t i = 0; code == SW_OK && i < file->n_tests; i++)
        code = add_tests(&file->tests[i], run, err);
    run->info.n_planned = (int)run->n_tests;
    return code;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static double value_of(const share_test *t, share_metric metric, size_t i)
{
    return t->values[metric] != NULL && i < t->n ? t->values[metric][i] : NAN;
}

/* The i-th answer of a test; of one that did not complete, nothing. */
static summary_row row_of(const share_test *t, size_t i, const test_record *test)
{
    const double n_tokens = value_of(t, SHARE_TOKENS, i);
    summary_row row = {.test = test, .mark = value_of(t, SHARE_MARK, i)};
    test_metrics *const m = &row.metrics;
    m->n_tokens = isnan(n_tokens) ? 0 : (int64_t)n_tokens;
    m->decode_tps = value_of(t, SHARE_DECODE, i);
    m->decode = isnan(m->decode_tps) ? DECODE_NO_GAP : DECODE_MEASURED;
    m->overall_tps = value_of(t, SHARE_OVERALL, i);
    m->prefill_tps = value_of(t, SHARE_PREFILL, i);
    m->ttft_ms = value_of(t, SHARE_TTFT, i);
    m->e2e_ms = value_of(t, SHARE_E2E, i);
    m->itl_ms.p50 = value_of(t, SHARE_ITL_P50, i);
    m->itl_ms.p95 = value_of(t, SHARE_ITL_P95, i);
    m->itl_ms.n = m->n_tokens > 0 ? (size_t)m->n_tokens - 1 : 0;
    m->repetition.score = value_of(t, SHARE_REPETITION, i);
    return row;
}

static sw_code fill_mode(const share_file *file, const run_record *run, int model, test_mode mode, run_summary *out,
                         sw_err *err)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < file->n_tests; i++)
        n += file->tests[i].model == model && file->tests[i].mode == mode ? (size_t)file->tests[i].n_asked : 0;
    out->rows = mem_calloc(n + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < file->n_tests; i++) {
        const share_test *const t = &file->tests[i];
        for (size_t k = 0; k < (size_t)t->n_asked; k++, at++) {
            if (t->model == model && t->mode == mode)
                out->rows[out->n_rows++] = row_of(t, k, &run->tests[at]);
        }
    }
    out->n_planned = (int)out->n_rows;
    return SW_OK;
}

sw_code shared_run_of(const share_file *file, run_record **run_out, run_analysis *out, sw_err *err)
{
    *out = (run_analysis){0};
    run_record *const run = *run_out = mem_calloc(1, sizeof *run);
    sw_code code = run != NULL ? fill_run(file, run, err) : out_of_memory(err);
    if (code != SW_OK)
        return code;
    *out = (run_analysis){.run = run, .subjects = mem_calloc(run->n_subjects + 1, sizeof *out->subjects)};
    if (out->subjects == NULL)
        return out_of_memory(err);
    out->n_subjects = run->n_subjects;
    code = run_analysis_label(run, out, err);
    for (size_t i = 0; code == SW_OK && i < out->n_subjects; i++) {
        subject_analysis *const s = &out->subjects[i];
        s->subject = &run->subjects[i];
        s->index = (int)i;
        for (int mode = 0; code == SW_OK && mode < N_TEST_MODES; mode++)
            code = fill_mode(file, run, (int)i, (test_mode)mode, &s->modes[mode], err);
    }
    return code;
}

sw_code shared_again(const run_analysis *analysis, share_file **out, sw_err *err)
{
    buf text;
    *out = NULL;
    buf_init(&text, (size_t)LIMIT_SHARE_BYTES + 1);
    sw_code code = share_write(&text, analysis, err);
    if (code == SW_OK)
        code = share_read(out, buf_str(&text), text.size, "the run as a shared file", err);
    buf_free(&text);
    return code;
}
