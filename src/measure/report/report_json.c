/* report_json.c - the run as one JSON document, and the data of the page's charts.
 *
 * A figure that does not exist is null.  "<" is always escaped, so that both documents are safe inside HTML.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "report/format.h"
#include "report/report.h"

enum { REAL_DIGITS = 9 }; // a nanosecond in a second; more would be noise

/* JSON has no NaN: a figure that does not exist is null. */
static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* -1 means that the server sent no count. */
static json_t *count(int64_t value)
{
    return value >= 0 ? json_integer(value) : json_null();
}

/* All percentiles, also those of few values: "n" lets the reader judge them. */
static json_t *stats_json(const sample_stats *s)
{
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "n", (int)s->n, "min", real(s->min),
                     "p50", real(s->p50), "p75", real(s->p75), "p90", real(s->p90), "p95", real(s->p95), "p99",
                     real(s->p99), "max", real(s->max), "mean", real(s->mean), "sd", real(s->sd), "cv", real(s->cv));
}

static json_t *repetition_json(const repetition_score *r)
{
    return json_pack("{s:f, s:f, s:f, s:i, s:{s:i, s:i, s:i}, s:s}", "score", r->score, "score_units", r->score_units,
                     "window_max", r->window_max, "line_repeat_max", (int)r->line_repeat_max, "tail_loop", "period",
                     (int)r->tail_loop.period, "repeats", (int)r->tail_loop.repeats, "span", (int)r->tail_loop.span,
                     "verdict", repetition_verdict_name(r->verdict));
}

/* Names of members are part of the documented interface (docs/benchmark.md): "schema" rises when one changes. */
static json_t *metrics_json(const test_metrics *m)
{
    return json_pack("{s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:o, s:i, s:o, s:o, s:o}", "tokens",
                     (json_int_t)m->n_tokens, "count", m->counted_events ? "events" : "usage", "counts_differ",
                     m->counts_differ, "ttft_ms", real(m->ttft_ms), "ttft_answer_ms", real(m->ttft_answer_ms),
                     "ttfr_ms", real(m->ttfr_ms), "ttfb_ms", real(m->ttfb_ms), "e2e_ms", real(m->e2e_ms), "tpot_ms",
                     real(m->tpot_ms), "decode_tps", real(m->decode_tps), "decode_missing",
                     metrics_decode_reason(m->decode), "overall_tps", real(m->overall_tps), "itl_ms",
                     stats_json(&m->itl_ms), "stalls", (int)m->n_stalls, "stall_max_ms", real(m->stall_max_ms),
                     "responsiveness", real(m->responsiveness), "repetition", repetition_json(&m->repetition));
}

/* One test with its prompt, answer and figures.  NULL when memory is short, as for all functions here: jansson then
 * makes the document NULL too, and dump reports it. */
static json_t *test_json(const summary_row *row)
{
    const test_record *const t = row->test;
    const answer_record *const a = &t->answer;
    json_t *const test =
        json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:o, s:I, s:I, s:s, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:s, s:s}",
                  "name", t->plan.name, "group", t->plan.group, "kind", text_form_name(t->plan.form), "repeat",
                  t->repeat, "prompt", t->plan.prompt, "max_tokens", t->plan.max_tokens, "temperature",
                  real(t->plan.temperature), "seed", (json_int_t)t->plan.seed, "start_ms", (json_int_t)t->start_ms,
                  "status", test_status_name(a->status), "error", a->error, "http_status", a->http_status,
                  "finish_reason", a->finish_reason, "prompt_tokens", count(a->prompt_tokens), "cached_tokens",
                  count(a->cached_tokens), "completion_tokens", count(a->completion_tokens), "reasoning_tokens",
                  count(a->reasoning_tokens), "answer", a->text, "reasoning", a->reasoning);
    if (test != NULL)
        json_object_set_new(test, "metrics", metrics_json(&row->metrics));
    return test;
}

/* What identifies the run: server, model, protocol, machine. */
static json_t *run_json(const run_record *run)
{
    const run_info *const i = &run->info;
    char started[CELL_BYTES];
    format_time(started, i->started_unix_ms);
    return json_pack("{s:I, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s, s:i, s:I}}", "id",
                     (json_int_t)i->id, "started", started, "started_unix_ms", (json_int_t)i->started_unix_ms,
                     "finished_unix_ms", (json_int_t)i->finished_unix_ms, "status", i->status, "spillway", i->version,
                     "url", i->url, "model", i->model, "fingerprint",
                     run->n_tests > 0 ? run->tests[0].answer.fingerprint : "", "protocol", i->protocol_name,
                     "protocol_hash", i->protocol_hash, "command", i->command, "load_ms",
                     real(run_number(run, 0, 0, FACT_LOAD_COLD_MS)), "machine", "cpu", i->cpu, "os", i->os, "cores",
                     i->n_cores, "memory_bytes", (json_int_t)i->memory_bytes);
}

/* The figures of the whole run; rates with their spread. */
static json_t *totals_json(const run_summary *s)
{
    return json_pack(
        "{s:i, s:i, s:o, s:I, s:o, s:o, s:i, s:o, s:o, s:o, s:i, s:i, s:o, s:o, s:o}", "planned", s->n_planned,
        "completed", s->n_completed, "success_rate", real(s->success_rate), "tokens", (json_int_t)s->n_tokens,
        "decode_tps", real(s->decode_tps), "test_decode_tps", stats_json(&s->test_decode_tps), "without_decode",
        s->n_without_decode, "overall_tps", real(s->overall_tps), "ttft_ms", stats_json(&s->ttft_ms), "repetition_mean",
        real(s->mean_repetition), "degenerate", s->n_degenerate, "stalls", (int)s->n_stalls, "itl_ms",
        stats_json(&s->itl_ms), "memory_private_peak_bytes",
        s->has_memory ? json_integer((json_int_t)s->peak_private_bytes) : json_null(), "memory_rss_peak_bytes",
        s->has_memory ? json_integer((json_int_t)s->peak_rss_bytes) : json_null());
}

static json_t *warnings_json(const run_record *run, const run_summary *summary)
{
    json_t *const list = json_array();
    const char *warning;
    for (int i = 0; (warning = format_warning(run, summary, i)) != NULL; i++)
        json_array_append_new(list, json_string(warning));
    return list;
}

/* Formulas travel with the figures, since other tools use the same names for other things. */
static json_t *definitions_json(void)
{
    static const char *const DEFINITIONS[][2] = {
        {"ttft_ms", "first content event - request written"},
        {"ttfr_ms", "first event of any kind - request written"},
        {"e2e_ms", "end of stream - request written"},
        {"itl_ms", "gaps between content events"},
        {"tpot_ms", "(last - first content event) / (tokens - 1)"},
        {"decode_tps", "1000 / tpot_ms; null for fewer events than half the tokens, and for fewer than 20 different "
                       "arrival times"},
        {"overall_tps", "1000 * tokens / e2e_ms, prefill included"},
        {"totals.decode_tps",
         "1000 * sum of (tokens - 1) / sum of (last - first content event), over the tests that have "
         "a decode_tps"},
        {"totals.test_decode_tps", "the tests' own decode_tps"},
        {"totals.overall_tps", "1000 * sum of tokens / sum of e2e_ms, over the tests that completed"},
        {"stalls", "gaps over max(1 s, 10 x median gap)"},
        {"responsiveness", "share of gaps of at most twice the median gap"},
        {"repetition.score", "repeated word triples / all word triples"},
        {"memory_private_peak_bytes", "highest RssAnon + VmSwap of the server, sampled every 200 ms"},
    };
    json_t *const all = json_object();
    for (size_t i = 0; i < sizeof DEFINITIONS / sizeof DEFINITIONS[0]; i++)
        json_object_set_new(all, DEFINITIONS[i][0], json_string(DEFINITIONS[i][1]));
    return all;
}

/* Appends JSON text.  "<" and hidden characters occur only in strings; escaped, the one cannot end the script element
 * around the document, and the others cannot steer a terminal. */
static void put_safe(buf *out, const char *text)
{
    const char *const end = text + strlen(text);
    while (text < end) {
        uint32_t cp;
        const int n = utf8_decode((const uint8_t *)text, (size_t)(end - text), &cp); // jansson writes UTF-8 only
        if (n > 0 && (cp == '<' || escape_is_hidden(cp)))
            buf_printf(out, "\\u%04x", (unsigned)cp);
        else
            buf_append(out, text, n > 0 ? (size_t)n : 1);
        text += n > 0 ? n : 1;
    }
}

/* Appends `document` and releases it.  `flags` are jansson's. */
static sw_code dump(buf *out, json_t *document, size_t flags, sw_err *err)
{
    char *const text = document != NULL ? json_dumps(document, flags | JSON_REAL_PRECISION(REAL_DIGITS)) : NULL;
    json_decref(document);
    if (text == NULL)
        return sw_fail(err, SW_ENOMEM, "the run cannot be written as JSON");
    put_safe(out, text);
    free(text);
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the report is too large");
}

/* Indented, so that two runs can be compared with diff. */
sw_code report_json(buf *out, const run_analysis *analysis, sw_err *err)
{
    const run_record *const run = analysis->run;
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    json_t *const tests = json_array();
    for (size_t i = 0; i < summary->n_rows; i++)
        json_array_append_new(tests, test_json(&summary->rows[i]));
    json_t *const document =
        json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "schema", 2, "run", run_json(run), "totals", totals_json(summary),
                  "tests", tests, "warnings", warnings_json(run, summary), "definitions", definitions_json());
    const sw_code code = dump(out, document, JSON_INDENT(2), err);
    if (code == SW_OK)
        buf_putc(out, '\n');
    return code;
}

sw_code report_jsonl(buf *out, const run_analysis *analysis, sw_err *err)
{
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    sw_code code = SW_OK;
    for (size_t i = 0; i < summary->n_rows && code == SW_OK; i++) {
        code = dump(out, test_json(&summary->rows[i]), JSON_COMPACT, err);
        buf_putc(out, '\n');
    }
    return code;
}

/* Times in seconds since t0, `start` in seconds since the start of the run. */
static json_t *chart_test(const summary_row *row)
{
    const answer_record *const a = &row->test->answer;
    buf name;
    buf_init(&name, 4096);
    format_name(&name, row->test);
    json_t *const times = json_array();
    for (size_t i = 0; i < a->n_arrivals; i++)
        json_array_append_new(times, json_real((double)a->arrivals[i].t_ns / 1e9));
    json_t *const test =
        json_pack("{s:s, s:i, s:f, s:o, s:o, s:o, s:o}", "name", buf_str(&name), "repeat", row->test->repeat, "start",
                  (double)row->test->start_ms / 1000, "seconds", real(row->metrics.e2e_ms / 1000), "decode",
                  real(row->metrics.decode_tps), "overall", real(row->metrics.overall_tps), "times", times);
    buf_free(&name);
    return test;
}

/* Pairs of seconds since the start of the run and MiB. */
static json_t *chart_memory(const run_record *run)
{
    json_t *const points = json_array();
    for (size_t i = 0; i < run->n_samples; i++) {
        const resource_sample *const m = &run->samples[i];
        json_array_append_new(
            points, json_pack("[f, o]", (double)m->t_ms / 1000, real(m->values.v[SAMPLE_PRIVATE] / (1024.0 * 1024.0))));
    }
    return points;
}

sw_code report_chart_data(buf *out, const run_analysis *analysis, sw_err *err)
{
    const run_record *const run = analysis->run;
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    json_t *const tests = json_array();
    for (size_t i = 0; i < summary->n_rows; i++)
        json_array_append_new(tests, chart_test(&summary->rows[i]));
    json_t *const document = json_pack("{s:o, s:o}", "tests", tests, "memory", chart_memory(run));
    // ASCII only: some other characters (U+2028) end a line for a script parser.
    return dump(out, document, JSON_COMPACT | JSON_ENSURE_ASCII, err);
}
