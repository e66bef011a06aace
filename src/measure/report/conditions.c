/* conditions.c - one function for each condition. */
#include "report/conditions.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "report/format.h"

enum { HASH_DIGITS = 12 };

/* Of what a condition is. */
typedef struct condition_input {
    const run_record *run;
    const subject_record *model;
    int subject, server;
} condition_input;

typedef void put_fn(buf *out, const condition_input *in);

static const char *text_of(const condition_input *in, fact_name name)
{
    const fact_record *const fact = run_fact(in->run, in->subject, in->server, name);
    return fact != NULL ? fact->text : "";
}

static const char *run_text(const condition_input *in, fact_name name)
{
    const fact_record *const fact = run_fact(in->run, -1, -1, name);
    return fact != NULL ? fact->text : "";
}

static void put_figure(buf *out, double value, const char *unit)
{
    char cell[CELL_BYTES];
    format_by_unit(cell, value, unit);
    buf_puts(out, cell);
}

/* ---- machine and protocol ---------------------------------------------------------------------------------------- */

static void put_processor(buf *out, const condition_input *in)
{
    buf_puts(out, in->run->info.cpu);
}

static void put_cores(buf *out, const condition_input *in)
{
    buf_printf(out, "%d", in->run->info.n_cores);
}

static void put_ram(buf *out, const condition_input *in)
{
    put_figure(out, in->run->info.memory_bytes > 0 ? (double)in->run->info.memory_bytes : NAN, "B");
}

/* The name of one that is not there is the reason. */
static void put_gpu(buf *out, const condition_input *in)
{
    const double total = run_number(in->run, -1, -1, FACT_GPU_TOTAL_BYTES);
    const char *const name = run_text(in, FACT_GPU_NAME), *const driver = run_text(in, FACT_GPU_DRIVER);
    const bool is_absent = isnan(total) && driver[0] == '\0' && name[0] != '\0' && strncmp(name, "none", 4) != 0;
    buf_printf(out, "%s%s", is_absent ? "none seen: " : "", name);
    if (!isnan(total)) {
        buf_puts(out, ", ");
        put_figure(out, total, "B");
    }
    if (driver[0] != '\0')
        buf_printf(out, ", driver %s", driver);
}

static void put_system(buf *out, const condition_input *in)
{
    buf_puts(out, in->run->info.os);
}

static void put_version(buf *out, const condition_input *in)
{
    buf_puts(out, in->run->info.version);
}

/* The first digits, without the name of the function, are enough to tell files apart; the run's own report has all. */
static void put_hash_start(buf *out, const char *hash)
{
    const char *const colon = strchr(hash, ':'), *const digits = colon != NULL ? colon + 1 : hash;
    const size_t n = utf8_complete_prefix(digits, strnlen(digits, HASH_DIGITS));
    buf_append(out, digits, n);
    buf_puts(out, digits[n] != '\0' ? "..." : "");
}

static void put_protocol(buf *out, const condition_input *in)
{
    buf_printf(out, "%s%s", in->run->info.protocol_name, in->run->info.protocol_hash[0] != '\0' ? ", " : "");
    put_hash_start(out, in->run->info.protocol_hash);
}

static void put_settings(buf *out, const condition_input *in)
{
    for (size_t i = 0; i < in->run->n_facts; i++) {
        if (in->run->facts[i].name == FACT_PROTOCOL_DIFFERENCE)
            buf_printf(out, "%s%s", out->size > 0 ? "; " : "", in->run->facts[i].text);
    }
    if (out->size == 0)
        buf_puts(out, "none");
}

static void put_repetitions(buf *out, const condition_input *in)
{
    int n = 0;
    for (size_t i = 0; i < in->run->n_tests; i++) {
        const test_record *const t = &in->run->tests[i];
        n = t->subject == in->subject && !t->is_warmup && t->repeat >= n ? t->repeat + 1 : n;
    }
    if (n > 0)
        buf_printf(out, "%d", n);
}

static void put_modes(buf *out, const condition_input *in)
{
    bool has[N_TEST_MODES] = {false};
    for (size_t i = 0; i < in->run->n_tests; i++) {
        const test_record *const t = &in->run->tests[i];
        has[t->mode] |= t->subject == in->subject && !t->is_warmup;
    }
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        if (has[mode])
            buf_printf(out, "%s%s", out->size > 0 ? ", " : "", test_mode_name((test_mode)mode));
    }
}

/* ---- the model --------------------------------------------------------------------------------------------------- */

static void put_model(buf *out, const condition_input *in)
{
    buf_puts(out, format_model(in->model->name));
}

static void put_parameters(buf *out, const condition_input *in)
{
    char all[CELL_BYTES], active[CELL_BYTES];
    format_count(all, (double)in->model->n_parameters);
    format_count(active, (double)in->model->n_active_parameters);
    buf_printf(out, "%s%s%s", all, active[0] == '-' ? "" : ", active ", active[0] == '-' ? "" : active);
}

static void put_quantization(buf *out, const condition_input *in)
{
    buf_puts(out, in->model->quantization);
}

static void put_file(buf *out, const condition_input *in)
{
    buf_puts(out, format_model(in->model->file_name));
}

static void put_file_size(buf *out, const condition_input *in)
{
    put_figure(out, in->model->file_bytes > 0 ? (double)in->model->file_bytes : NAN, "B");
}

static void put_file_hash(buf *out, const condition_input *in)
{
    put_hash_start(out, in->model->file_hash);
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

static void put_software(buf *out, const condition_input *in)
{
    buf_puts(out, in->server >= 0 ? in->run->servers[in->server].software : "");
}

static void put_kernels(buf *out, const condition_input *in)
{
    const char *const backend = text_of(in, FACT_BACKEND), *const isa = text_of(in, FACT_ISA);
    buf_printf(out, "%s%s%s", backend, backend[0] != '\0' && isa[0] != '\0' ? ", " : "", isa);
}

static void put_threads(buf *out, const condition_input *in)
{
    put_figure(out, run_number(in->run, in->subject, in->server, FACT_N_THREADS), "");
}

static void put_context(buf *out, const condition_input *in)
{
    put_figure(out, run_number(in->run, in->subject, in->server, FACT_N_CTX), "tok");
}

static void put_kv_type(buf *out, const condition_input *in)
{
    buf_puts(out, text_of(in, FACT_KV_TYPE));
}

static void put_placement(buf *out, const condition_input *in)
{
    const char *const found = text_of(in, FACT_EXPERTS_VERIFIED);
    if (found[0] != '\0')
        buf_printf(out, "experts %s", found);
    if (strcmp(text_of(in, FACT_DEVICE_EMULATED), "yes") == 0)
        buf_puts(out, found[0] != '\0' ? " (emulated)" : "emulated");
}

/* What the requests asked for, and what the server adds of its own. */
static void put_sampler(buf *out, const condition_input *in)
{
    const char *const own = text_of(in, FACT_SAMPLER);
    for (size_t i = 0; i < in->run->n_tests; i++) {
        const test_record *const t = &in->run->tests[i];
        if (t->subject != in->subject || t->mode != MODE_STREAM || t->is_warmup)
            continue;
        buf_printf(out, "asked: temperature %.3g, seed %lld%s", t->plan.temperature, (long long)t->plan.seed,
                   own[0] != '\0' ? "; the server's own: " : "");
        break;
    }
    buf_puts(out, own);
}

static put_fn *const PUTS[N_CONDITIONS] = {
    [CONDITION_SOFTWARE] = put_software,
    [CONDITION_MODEL] = put_model,
    [CONDITION_PARAMETERS] = put_parameters,
    [CONDITION_QUANTIZATION] = put_quantization,
    [CONDITION_FILE] = put_file,
    [CONDITION_FILE_SIZE] = put_file_size,
    [CONDITION_FILE_HASH] = put_file_hash,
    [CONDITION_KERNELS] = put_kernels,
    [CONDITION_THREADS] = put_threads,
    [CONDITION_CONTEXT] = put_context,
    [CONDITION_KV_TYPE] = put_kv_type,
    [CONDITION_PLACEMENT] = put_placement,
    [CONDITION_SAMPLER] = put_sampler,
    [CONDITION_PROTOCOL] = put_protocol,
    [CONDITION_SETTINGS] = put_settings,
    [CONDITION_REPETITIONS] = put_repetitions,
    [CONDITION_MODES] = put_modes,
    [CONDITION_PROCESSOR] = put_processor,
    [CONDITION_CORES] = put_cores,
    [CONDITION_RAM] = put_ram,
    [CONDITION_GPU] = put_gpu,
    [CONDITION_SYSTEM] = put_system,
    [CONDITION_VERSION] = put_version,
};

const char *condition_name(condition which)
{
#define CONDITION_NAME(name, key, text) text,
    static const char *const NAMES[] = {CONDITIONS(CONDITION_NAME)};
#undef CONDITION_NAME
    return NAMES[which];
}

const char *condition_key(condition which)
{
#define CONDITION_KEY(name, key, text) key,
    static const char *const KEYS[] = {CONDITIONS(CONDITION_KEY)};
#undef CONDITION_KEY
    return KEYS[which];
}

void condition_put(buf *out, condition which, const run_record *run, int subject, int server)
{
    const condition_input in = {run, &run->subjects[subject], subject, server};
    PUTS[which](out, &in);
    if (out->size == 0)
        buf_putc(out, '-');
}
