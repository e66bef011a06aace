/* experts_print.c - the curve as a table with bars, as JSON and as CSV. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/experts_curve.h"
#include "cmd/json_print.h"
#include "cmd/output_width.h"
#include "cmd/spark.h"
#include "report/text_table.h"
#include "json/json_out.h"

static double uploads_per_token(const curve_point *p, cache_rule rule)
{
    return (double)p->outcomes[rule].n_uploads / (double)p->outcomes[rule].n_tokens;
}

static int in_all(const expert_curve *curve, const curve_point *p)
{
    return p->capacity * curve->trace->n_layers;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

// The columns before and after those of the rules.
// clang-format off
static const text_column COLUMNS[] = {
    {"experts", "per layer", true, 0}, {"in all", "", true, 4}, {"VRAM", "MB", true, 1},
    {"static", "%", true, 1}, {"hindsight", "%", true, 3}, {"LRU", "%", true, 2}, {"LFU", "%", true, 2},
    {"adaptive", "%", true, 0}, {"optimum", "%", true, 1},
    {"uploads", "per token", true, 2}, {"from RAM", "MB per token", true, 1}, {"gain", "% per GiB", true, 3},
};
// clang-format on
enum { N_COLUMNS = sizeof COLUMNS / sizeof COLUMNS[0] };

/* Puts a number, or a dash for NAN. */
static void put(text_table *table, const char *format, double value)
{
    char cell[48] = "-";
    if (!isnan(value))
        snprintf(cell, sizeof cell, format, value);
    text_table_put(table, cell);
}

static void put_point(text_table *table, const expert_curve *curve, size_t i)
{
    const curve_point *const p = &curve->points[i];
    put(table, "%.0f", p->capacity);
    put(table, "%.0f", in_all(curve, p));
    put(table, "%.2f", curve->sizes.bytes != NULL ? (double)p->vram_bytes / 1e6 : NAN);
    for (cache_rule rule = 0; rule < N_CACHE_RULES; rule++)
        put(table, "%.1f", 100 * curve_hit_rate(p, rule));
    put(table, "%.2f", uploads_per_token(p, CACHE_ADAPTIVE));
    put(table, "%.2f", p->ram_bytes_per_token[CACHE_ADAPTIVE] / 1e6);
    put(table, "%.3g", 100 * curve_marginal(curve, i, CACHE_ADAPTIVE));
}

/* A line per rule: the height is the hit rate. */
static void put_chart(buf *out, const expert_curve *curve)
{
    const bool is_ascii = !spark_is_utf8_locale();
    for (cache_rule rule = 0; rule < N_CACHE_RULES; rule++) {
        double rates[CURVE_POINTS_MAX];
        for (size_t i = 0; i < curve->n; i++)
            rates[i] = curve_hit_rate(&curve->points[i], rule);
        buf_printf(out, "%-10s ", cache_rule_name(rule));
        spark_put(out, rates, curve->n, 1, is_ascii);
        buf_putc(out, '\n');
    }
}

static void put_head(buf *out, const expert_curve *curve)
{
    const router_trace *const t = curve->trace;
    buf_printf(out,
               "%zu tokens, %d layers with experts, %d of %d experts per token; hits of the last %" PRIu64 " tokens\n",
               t->n_tokens, t->n_layers, t->n_used, curve->setting.n_experts, curve->points[0].outcomes[0].n_tokens);
    if (t->n_left_out > 0)
        buf_printf(out, "%zu rows of incomplete tokens were left out\n", t->n_left_out);
    buf_putc(out, '\n');
}

bool experts_print_text(const expert_curve *curve)
{
    buf out;
    buf_init(&out, 1 << 20);
    text_table *const table = text_table_create(COLUMNS, N_COLUMNS);
    put_head(&out, curve);
    for (size_t i = 0; i < curve->n; i++)
        put_point(table, curve, i);
    text_table_write(&out, table, output_width(STDOUT_FILENO), "a wider terminal, --json and --csv have all columns");
    buf_printf(&out, "\nhit rate from %d experts per layer to %d\n", curve->points[0].capacity,
               curve->points[curve->n - 1].capacity);
    put_chart(&out, curve);
    buf_puts(&out, "\nuploads, from RAM and gain are of the adaptive rule\n");
    const bool ok = out.failed == SW_OK && fwrite(buf_str(&out), 1, out.size, stdout) == out.size;
    text_table_free(table);
    buf_free(&out);
    return ok;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *rule_json(const expert_curve *curve, size_t i, cache_rule rule)
{
    const curve_point *const p = &curve->points[i];
    const cache_outcome *const o = &p->outcomes[rule];
    json_t *j = json_pack("{s:I, s:I}", "hits", (json_int_t)o->n_hits, "uploads", (json_int_t)o->n_uploads);
    json_put(&j, "hit_rate", json_figure(curve_hit_rate(p, rule)));
    json_put(&j, "uploads_per_token", json_figure(uploads_per_token(p, rule)));
    json_put_figure(&j, "ram_bytes_per_token", p->ram_bytes_per_token[rule]);
    json_put_figure(&j, "hit_rate_per_gib", curve_marginal(curve, i, rule));
    return j;
}

static json_t *point_json(const expert_curve *curve, size_t i)
{
    const curve_point *const p = &curve->points[i];
    json_t *rules = json_object();
    for (cache_rule rule = 0; rule < N_CACHE_RULES; rule++)
        json_put(&rules, cache_rule_name(rule), rule_json(curve, i, rule));
    json_t *j = json_pack("{s:i, s:i}", "experts_per_layer", p->capacity, "experts", in_all(curve, p));
    json_put(&j, "vram_bytes", curve->sizes.bytes != NULL ? json_integer((json_int_t)p->vram_bytes) : json_null());
    json_put(&j, "rules", rules);
    return j;
}

bool experts_print_json(const expert_curve *curve)
{
    const router_trace *const t = curve->trace;
    const cache_setting *const s = &curve->setting;
    json_t *points = json_array();
    for (size_t i = 0; i < curve->n; i++)
        json_push(&points, point_json(curve, i));
    json_t *root =
        json_pack("{s:I, s:i, s:i, s:i, s:I}", "n_tokens", (json_int_t)t->n_tokens, "n_layers", t->n_layers, "n_expert",
                  s->n_experts, "n_expert_used", t->n_used, "n_rows_left_out", (json_int_t)t->n_left_out);
    json_put(&root, "n_tokens_counted", json_integer((json_int_t)curve->points[0].outcomes[0].n_tokens));
    json_put(
        &root, "adaptive",
        json_pack("{s:f, s:f, s:i}", "half_life", s->half_life, "margin", s->margin, "uploads_max", s->uploads_max));
    json_put(&root, "points", points);
    const bool ok = json_print(root, JSON_INDENT(2));
    json_decref(root);
    return ok;
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

bool experts_print_csv(const expert_curve *curve)
{
    printf(
        "experts_per_layer,experts,vram_bytes,rule,hit_rate,uploads_per_token,ram_bytes_per_token,hit_rate_per_gib\n");
    for (size_t i = 0; i < curve->n; i++) {
        const curve_point *const p = &curve->points[i];
        for (cache_rule rule = 0; rule < N_CACHE_RULES; rule++) {
            printf("%d,%d,", p->capacity, in_all(curve, p));
            if (curve->sizes.bytes == NULL)
                printf(",%s,%.9g,%.9g,,\n", cache_rule_name(rule), curve_hit_rate(p, rule), uploads_per_token(p, rule));
            else
                printf("%" PRIu64 ",%s,%.9g,%.9g,%.9g,%.9g\n", p->vram_bytes, cache_rule_name(rule),
                       curve_hit_rate(p, rule), uploads_per_token(p, rule), p->ram_bytes_per_token[rule],
                       curve_marginal(curve, i, rule));
        }
    }
    return !ferror(stdout);
}
