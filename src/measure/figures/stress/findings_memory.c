/* findings_memory.c - peaks of memory, their slope over the run, and the line over the length of a context. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/stress/line_fit.h"
#include "figures/stress/steady_slope.h"
#include "figures/stress/stress_findings.h"

static const double SKIPPED = 0.1, WATCHED_H = 600 / 3600.0; // ten minutes: a rise in seconds is caches that fill
static const char *const CONTEXT[] = {"context", "context-saturation", NULL};
static const interval EXACT = {NAN, NAN};
enum { LENGTHS_MIN = 4 };
static const double GROWTH_MIN = 16 << 20; // smaller growth is lost in the noise of an allocator

/* A sample of a server of the model that is not the reference. */
static bool counts(const stress_rows *rows, const resource_sample *s)
{
    if (s->server < 0 || (size_t)s->server >= rows->run->n_servers)
        return false;
    const server_record *const server = &rows->run->servers[s->server];
    return server->subject == rows->subject && server->side != SIDE_REFERENCE;
}

static void find_peak(const stress_rows *rows, sample_figure figure, stress_figure_id id, const char *why,
                      stress_figures *out)
{
    double highest = NAN;
    size_t n = 0;
    for (size_t i = 0; i < rows->run->n_samples; i++) {
        const resource_sample *const s = &rows->run->samples[i];
        if (!counts(rows, s) || isnan(s->values.v[figure]))
            continue;
        highest = fmax(highest, s->values.v[figure]);
        n++;
    }
    if (n == 0)
        stress_figure_lack(out, id, FIGURE_MISSING, "%s", why);
    else
        stress_figure_set(out, id, highest, EXACT, n, "samples");
}

/* ---- slopes ------------------------------------------------------------------------------------------------------ */

/* Of the steady stage.  The memory of two processes is no series: a server that was started again begins a new one, and
 * the longest counts.
 */
static size_t longest_series(const stress_rows *rows, sample_figure figure, double *hours, double *bytes)
{
    const int stage = stress_steady_stage(rows);
    size_t begin = 0, n = 0, best_begin = 0, best_n = 0;
    int server = -1;
    for (size_t i = 0; i < rows->run->n_samples; i++) {
        const resource_sample *const s = &rows->run->samples[i];
        if (!counts(rows, s) || isnan(s->values.v[figure]) || !stress_stage_holds(rows->run, stage, s->t_ms))
            continue;
        begin = s->server != server ? n : begin;
        server = s->server;
        hours[n] = (double)s->t_ms / 3.6e6;
        bytes[n++] = s->values.v[figure];
        if (n - begin > best_n) {
            best_begin = begin;
            best_n = n - begin;
        }
    }
    memmove(hours, hours + best_begin, best_n * sizeof *hours);
    memmove(bytes, bytes + best_begin, best_n * sizeof *bytes);
    return best_n;
}

static sw_code find_slope(const stress_rows *rows, sample_figure figure, stress_figure_id id, const char *why,
                          stress_figures *out, sw_err *err)
{
    const size_t n_all = rows->run->n_samples;
    double *const hours = mem_calloc(n_all + 1, sizeof *hours), *const bytes = mem_calloc(n_all + 1, sizeof *bytes);
    const bool ok = hours != NULL && bytes != NULL;
    steady_slope slope = {.slope = NAN};
    const size_t n = ok ? longest_series(rows, figure, hours, bytes) : 0;
    const double watched_h = n > 0 ? hours[n - 1] - hours[0] : 0;
    const sw_code code = ok ? steady_slope_of(hours, bytes, n, SKIPPED, &slope, err)
                            : sw_fail(err, SW_ENOMEM, "out of memory for %zu samples", n_all);
    mem_free(hours);
    mem_free(bytes);
    if (n > 0 && watched_h < WATCHED_H)
        stress_figure_lack(out, id, FIGURE_MISSING,
                           "a server was watched for at most %.0f s of one kind of work, and ten minutes are needed",
                           watched_h * 3600);
    else if (isnan(slope.slope) || isnan(slope.range.low))
        stress_figure_lack(out, id, FIGURE_MISSING, "%s", slope.n == 0 ? why : "too few samples");
    else
        stress_figure_set(out, id, slope.slope, slope.range, slope.n, "samples");
    return code;
}

/* ---- contexts ---------------------------------------------------------------------------------------------------- */

/* The highest memory of both kinds while the request was under way; NAN: no sample. */
static double memory_during(const stress_rows *rows, const summary_row *row)
{
    double highest = NAN;
    for (size_t i = 0; i < rows->run->n_samples; i++) {
        const resource_sample *const s = &rows->run->samples[i];
        const double t_s = (double)s->t_ms / 1e3, gpu = s->values.v[SAMPLE_GPU_PROCESS];
        if (counts(rows, s) && t_s >= stress_row_begin_s(row) && t_s <= stress_row_end_s(row))
            highest = fmax(highest, s->values.v[SAMPLE_PRIVATE] + (isnan(gpu) ? 0 : gpu));
    }
    return highest;
}

static void tell_line(const stress_rows *rows, const line_fit *fit, stress_figures *out)
{
    double planned = NAN;
    for (size_t i = 0; i < rows->run->n_servers; i++)
        planned = fmax(planned, run_number(rows->run, rows->subject, (int)i, FACT_KV_BYTES_PER_TOKEN));
    stress_figure_set(out, FIGURE_CONTEXT_R2, fit->r2, EXACT, fit->n, "lengths");
    if (!(planned > 0)) {
        stress_figure_lack(out, FIGURE_CONTEXT_PLAN, FIGURE_MISSING, "the server does not report bytes per token");
        return;
    }
    stress_figure_set(out, FIGURE_CONTEXT_PLAN, fit->slope / planned, EXACT, fit->n, "lengths");
}

/* The first ladder: memory that was taken for a long context is not given back for a short one. */
static int first_ladder(const stress_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const test_record *const t = rows->rows[i].test;
        if (stress_row_is_of(rows, t, CONTEXT) && stress_row_is_work(rows, t, "ladder"))
            return t->stage;
    }
    return -1;
}

static size_t collect_lengths(const stress_rows *rows, double *tokens, double *bytes)
{
    const int ladder = first_ladder(rows);
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        const answer_record *const a = &row->test->answer;
        if (row->test->stage != ladder || ladder < 0 || !stress_row_is_completed(row) || a->prompt_tokens < 0 ||
            a->completion_tokens < 0)
            continue;
        tokens[n] = (double)(a->prompt_tokens + a->completion_tokens);
        bytes[n] = memory_during(rows, row);
        n += !isnan(bytes[n]);
    }
    return n;
}

static double range_of(const double *values, size_t n)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    return n > 0 ? high - low : 0;
}

static void lack_line(stress_figures *out, size_t n, double growth)
{
    for (int i = 0; i < 2; i++)
        stress_figure_lack(
            out, i == 0 ? FIGURE_CONTEXT_R2 : FIGURE_CONTEXT_PLAN, FIGURE_MISSING,
            "at %zu lengths of context memory grew by %.1f MB, which is too little to be told from noise", n,
            growth / 1e6);
}

static sw_code find_line(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    double *const tokens = mem_calloc(rows->n + 1, sizeof *tokens), *const bytes =
                                                                        mem_calloc(rows->n + 1, sizeof *bytes);
    const bool ok = tokens != NULL && bytes != NULL;
    const size_t n = ok ? collect_lengths(rows, tokens, bytes) : 0;
    const line_fit fit = line_fit_of(tokens, bytes, n);
    const double growth = range_of(bytes, n);
    mem_free(tokens);
    mem_free(bytes);
    if (n >= LENGTHS_MIN && growth >= GROWTH_MIN && !isnan(fit.r2))
        tell_line(rows, &fit, out);
    else
        lack_line(out, n, growth);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the lengths of %zu contexts", rows->n);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static const char *why_no_gpu(const run_record *run)
{
    const fact_record *const name = run_fact(run, -1, -1, FACT_GPU_NAME);
    if (run_is_emulated(run))
        return "the GPU is emulated";
    const bool has_gpu = run_number(run, -1, -1, FACT_GPU_TOTAL_BYTES) > 0;
    return has_gpu || name == NULL || name->text[0] == '\0' ? "no sample of the server's GPU memory" : name->text;
}

sw_code findings_memory(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    const char *const no_gpu = why_no_gpu(rows->run), *const no_process = "no sample of the server's process";
    find_peak(rows, SAMPLE_PRIVATE, FIGURE_HOST_BYTES, no_process, out);
    find_peak(rows, SAMPLE_GPU_PROCESS, FIGURE_GPU_BYTES, no_gpu, out);
    const bool has_series = stress_steady_stage(rows) != STAGE_NONE;
    const char *const no_series = "there is no stage of one kind of work";
    sw_code code = find_slope(rows, SAMPLE_PRIVATE, FIGURE_HOST_SLOPE, has_series ? no_process : no_series, out, err);
    if (code == SW_OK)
        code = find_slope(rows, SAMPLE_GPU_PROCESS, FIGURE_GPU_SLOPE, has_series ? no_gpu : no_series, out, err);
    if (run_is_emulated(rows->run))
        stress_figure_lack(out, FIGURE_GPU_BYTES, FIGURE_MISSING, "%s", no_gpu);
    return code == SW_OK ? find_line(rows, out, err) : code;
}
