/* perf_report.c - figures of the rows: medians, spread, share of the machine's limit. */
#include "cmd/perf_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/escape.h"
#include "base/sysinfo.h"
#include "cmd/json_text.h"
#include "figures/stats.h"

enum { NAME_BYTES_MAX = 65536 };

/* Figures of a row, one per repetition. */
typedef struct figures {
    size_t n;
    double rate[PERF_REPEAT_MAX];  // tokens/s
    double used[PERF_REPEAT_MAX];  // work per second
    double limit[PERF_REPEAT_MAX]; // work per second that the machine could have done
    double share[PERF_REPEAT_MAX]; // used / limit
} figures;

/* Shares are computed within a repetition, and only then summed up. */
static figures figures_of(const perf *p, const perf_row *row)
{
    figures f = {.n = (size_t)p->n_repeat};
    for (size_t i = 0; i < f.n; i++) {
        f.rate[i] = row->rate[i];
        f.limit[i] = row->limit[i];
        f.used[i] = row->rate[i] * row->work;
        f.share[i] = f.used[i] / row->limit[i];
    }
    return f;
}

/* ---- a table ----------------------------------------------------------------------------------------------------- */

typedef char bytes_text[16];

/* "12.345 MB", "1.234 GB"; powers of 1000. */
static const char *show_bytes(double n, bytes_text out)
{
    const bool is_large = n >= 1e8;
    snprintf(out, sizeof(bytes_text), is_large ? "%.3f GB" : "%.3f MB", n / (is_large ? 1e9 : 1e6));
    return out;
}

/* Medians, with the smallest and largest of rate and share. */
static void print_row(const perf *p, const perf_row *row)
{
    figures f = figures_of(p, row);
    char name[48];
    snprintf(name, sizeof name, "%s, %d tokens", row->is_prompt ? "prompt" : "generation", row->n_tokens);
    const sample_stats rate = stats_of(f.rate, f.n), limit = stats_of(f.limit, f.n);
    printf("%7d  %-26s %9.2f %9.2f %9.2f", row->n_threads, name, rate.p50, rate.min, rate.max);
    const char *const unit = row->is_prompt ? "G multiply-adds/s" : "GB/s read";
    if (isnan(row->work)) {
        printf("  %8s %8.1f  %-17s %6s %6s %6s\n", "-", limit.p50 / 1e9, unit, "-", "-", "-");
        return;
    }
    const sample_stats used = stats_of(f.used, f.n), share = stats_of(f.share, f.n);
    printf("  %8.1f %8.1f  %-17s %4.0f %% %4.0f %% %4.0f %%\n", used.p50 / 1e9, limit.p50 / 1e9, unit, 100 * share.p50,
           100 * share.min, 100 * share.max);
}

static void print_loads(const perf *p)
{
    printf("load     ");
    for (size_t i = 0; i < p->n_states; i++)
        printf("%s%.2f s with %d thread%s", i > 0 ? ", " : "", p->states[i].load_ms / 1e3, p->states[i].n_threads,
               p->states[i].n_threads > 1 ? "s" : "");
    printf("\n");
}

/* Keys and values that a token reads, if the cache held tokens before (--depth). */
static void print_kv(const perf *p)
{
    bytes_text b;
    for (size_t i = 0; i < p->n_rows && p->n_depth > 0; i++) {
        const perf_row *const row = &p->rows[i];
        if (!row->is_prompt && row->n_threads == p->rows[0].n_threads)
            printf("depth    %d tokens: %s of keys and values read to generate one, on average of %d\n", p->n_depth,
                   show_bytes(row->kv_bytes, b), row->n_tokens);
    }
}

void perf_print_table(const perf *p, sw_engine *e)
{
    const sw_model_info *const m = sw_engine_info(e);
    const sw_engine_state *const s = &p->states[0];
    const double peak = (double)p->peak_bytes, file = (double)m->file_bytes, kv = (double)s->kv_bytes_max;
    bytes_text b1, b2, b3, b4;
    buf name;
    buf_init(&name, NAME_BYTES_MAX);
    escape_terminal(&name, m->name, strlen(m->name));
    printf("model    %s, %s, %s\n", buf_str(&name), m->quant, show_bytes(file, b1));
    buf_free(&name);
    printf("token    %s of weights read to generate one; %.1f M multiply-adds in a prompt\n",
           show_bytes((double)m->bytes_per_token, b1), (double)m->multiply_adds_per_token / 1e6);
    print_kv(p);
    printf("machine  %s, kernels %s\n", sysinfo_cpu_name(), s->isa);
    print_loads(p);
    printf("memory   %s at most: the file's %s, up to %s of keys and values, and %s\n\n", show_bytes(peak, b1),
           show_bytes(file, b2), show_bytes(kv, b3), show_bytes(peak - file - kv, b4));
    printf("%7s  %-26s %9s %9s %9s  %8s %8s  %-17s %6s %6s %6s\n", "threads", "", "tokens/s", "min", "max", "used",
           "of", "", "share", "min", "max");
    for (size_t i = 0; i < p->n_rows; i++)
        print_row(p, &p->rows[i]);
    printf("\nMedians of %d repetitions; the limit is measured right before and after each.\n", p->n_repeat);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* JSON has no infinity or NaN. */
static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* Every repetition in order, and their spread; null if unknown.  Sorts `values`. */
static json_t *spread(double *values, size_t n)
{
    if (isnan(values[0]))
        return json_null();
    json_t *const list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, number(values[i]));
    const sample_stats s = stats_of(values, n);
    return json_pack("{so, so, so, so}", "median", number(s.p50), "min", number(s.min), "max", number(s.max), "samples",
                     list);
}

static json_t *row_to_json(const perf *p, const perf_row *row)
{
    figures f = figures_of(p, row);
    json_t *const j = json_pack("{si, ss, si, so, so, so, so}", "threads", row->n_threads, "test",
                                row->is_prompt ? "prompt" : "generation", "n_tokens", row->n_tokens, "tokens_per_s",
                                spread(f.rate, f.n), row->is_prompt ? "multiply_adds_per_s" : "bytes_per_s",
                                spread(f.used, f.n), row->is_prompt ? "peak_multiply_adds_per_s" : "read_bytes_per_s",
                                spread(f.limit, f.n), "share", spread(f.share, f.n));
    json_object_set_new(j, row->is_prompt ? "multiply_adds_per_token" : "bytes_per_token", number(row->work));
    if (!row->is_prompt)
        json_object_set_new(j, "kv_bytes_per_token", number(row->kv_bytes));
    return j;
}

sw_code perf_print_json(const perf *p, sw_engine *e, sw_err *err)
{
    const sw_model_info *const m = sw_engine_info(e);
    json_t *const loads = json_array(), *const rows = json_array();
    for (size_t i = 0; i < p->n_states; i++)
        json_array_append_new(
            loads, json_pack("{si, sf}", "threads", p->states[i].n_threads, "load_ms", p->states[i].load_ms));
    for (size_t i = 0; i < p->n_rows; i++)
        json_array_append_new(rows, row_to_json(p, &p->rows[i]));
    json_t *const j =
        json_pack("{so, ss, sI, sI, sI, ss, ss, si, si, si, si, sI, sI, so, so}", "model", json_text(m->name), "quant",
                  m->quant, "file_bytes", (json_int_t)m->file_bytes, "bytes_per_token", (json_int_t)m->bytes_per_token,
                  "multiply_adds_per_token", (json_int_t)m->multiply_adds_per_token, "cpu", sysinfo_cpu_name(), "isa",
                  p->states[0].isa, "n_ctx", p->states[0].n_ctx, "n_depth", p->n_depth, "n_seqs", p->n_seqs, "n_repeat",
                  p->n_repeat, "peak_memory_bytes", (json_int_t)p->peak_bytes, "kv_bytes_max",
                  (json_int_t)p->states[0].kv_bytes_max, "loads", loads, "rows", rows);
    if (j == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the results");
    json_dumpf(j, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(j);
    return SW_OK;
}
