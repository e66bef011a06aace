/* report_html.c - the run as one HTML page.
 *
 * Everything a reader needs is markup, which works without scripts, in print and with a screen reader; the script adds
 * the charts.  The page fetches nothing: its content security policy forbids it, and allows only scripts with the
 * page's random number (nonce), which no model's answer can contain.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/rng.h"
#include "report/format.h"
#include "report/report.h"

extern const unsigned char embedded_web_dist_report_js[];
extern const size_t embedded_web_dist_report_js_size;
extern const unsigned char embedded_web_dist_report_css[];
extern const size_t embedded_web_dist_report_css_size;

/* All text from outside goes through here or through escape_html itself. */
static void put_text(buf *out, const char *text)
{
    escape_html(out, text, strlen(text));
}

/* The test's name with its repetition, escaped. */
static void put_name(buf *out, const test_record *test)
{
    buf name;
    buf_init(&name, 4096);
    format_name(&name, test);
    put_text(out, buf_str(&name));
    buf_free(&name);
}

/* Up to <body>.  Styles are inline, since the page is one file; the policy allows nothing else but the page's own
 * scripts. */
static void put_head(buf *out, const run_record *run, const char *nonce)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    buf_printf(out,
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-%s'; "
               "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n",
               nonce);
    buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    put_text(out, run->info.model);
    buf_puts(out, " - spillway benchmark</title>\n<style>\n");
    buf_append(out, embedded_web_dist_report_css, embedded_web_dist_report_css_size);
    buf_puts(out, "</style>\n</head>\n<body>\n");
}

/* A run's status for readers; an unknown one (of a newer spillway) is shown as it is. */
static const char *status_words(const char *status)
{
    static const char *const WORDS[][2] = {{"ok", "all tests completed"},
                                           {"failed_threshold", "tests failed"},
                                           {"invalid", "invalid"},
                                           {"aborted", "not complete"},
                                           {"running", "not complete"}};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strcmp(status, WORDS[i][0]) == 0)
            return WORDS[i][1];
    }
    return status;
}

/* The model, the outcome of the run in words, and its date. */
static void put_banner(buf *out, const run_record *run)
{
    char when[CELL_BYTES];
    format_time(when, run->info.started_unix_ms);
    buf_puts(out, "<header>\n<p class=\"eyebrow\">spillway benchmark</p>\n<h1>");
    put_text(out, run->info.model);
    buf_printf(out, "</h1>\n<p class=\"lede\"><span class=\"badge %s\">",
               strcmp(run->info.status, "ok") == 0 ? "good" : "bad");
    put_text(out, status_words(run->info.status));
    buf_printf(out, "</span> %s</p>\n</header>\n", when);
}

/* One tile per total, then the warnings. */
static void put_totals(buf *out, const run_record *run, const run_summary *summary)
{
    char cell[CELL_BYTES];
    buf_puts(out, "<section aria-label=\"Key figures\">\n<dl class=\"tiles\">\n");
    for (int i = 0; i < N_TOTALS; i++) {
        TOTALS[i].format(cell, summary);
        buf_printf(out, "<div><dt>%s</dt><dd>%s%s%s%s</dd><dd class=\"note\">%s", TOTALS[i].title, cell,
                   TOTALS[i].unit[0] != '\0' ? " <small>" : "", TOTALS[i].unit,
                   TOTALS[i].unit[0] != '\0' ? "</small>" : "", TOTALS[i].meaning);
        cell[0] = '\0';
        if (TOTALS[i].spread != NULL)
            TOTALS[i].spread(cell, summary);
        buf_printf(out, "%s%s</dd></div>\n", cell[0] != '\0' ? ": " : "", cell);
    }
    buf_puts(out, "</dl>\n");
    const char *warning;
    for (int i = 0; (warning = format_warning(run, summary, i)) != NULL; i++) {
        buf_puts(out, "<p class=\"warning\">");
        put_text(out, warning);
        buf_puts(out, "</p>\n");
    }
    buf_puts(out, "</section>\n");
}

/* The table scrolls by itself on a narrow screen, and takes the keyboard's focus for that. */
static void put_table_head(buf *out)
{
    buf_puts(out, "<section>\n<h2>Results</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                  "aria-label=\"Results\">\n<table id=\"results\">\n"
                  "<thead><tr><th scope=\"col\">test</th>");
    for (int i = 0; i < N_COLUMNS; i++) {
        const column_id *const c = &COLUMNS[i];
        buf_printf(out, "<th scope=\"col\"%s title=\"", c->is_number ? " class=\"number\"" : "");
        put_text(out, c->meaning);
        buf_printf(out, "\">%s%s%s%s</th>", c->title, c->unit[0] != '\0' ? " <small>" : "", c->unit,
                   c->unit[0] != '\0' ? "</small>" : "");
    }
    buf_puts(out, "</tr></thead>\n<tbody>\n");
}

static void put_table(buf *out, const run_summary *summary)
{
    char cell[CELL_BYTES];
    put_table_head(out);
    for (size_t r = 0; r < summary->n_rows; r++) {
        const summary_row *const row = &summary->rows[r];
        const bool is_good = row->test->answer.status == TEST_COMPLETED;
        buf_printf(out, "<tr><th scope=\"row\"><a href=\"#answer-%zu\">", r + 1);
        put_name(out, row->test);
        buf_puts(out, "</a></th>");
        for (int i = 0; i < N_COLUMNS; i++) {
            COLUMNS[i].format(cell, row);
            buf_printf(out, "<td%s>", COLUMNS[i].is_number ? " class=\"number\"" : "");
            if (i == 0)
                buf_printf(out, "<span class=\"badge %s\">%s</span>", is_good ? "good" : "bad", cell);
            else
                put_text(out, cell);
            buf_puts(out, "</td>");
        }
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* Filled by the script; hidden without it, and without data. */
static void put_charts(buf *out)
{
    static const char *const CHARTS[][3] = {
        {"chart-tokens", "Tokens as they arrived",
         "One line per answer: tokens that had arrived against time. A straight line is a steady stream, a step is a "
         "stall."},
        {"chart-gaps", "Time between tokens",
         "Medians of a few tokens in a row, one line per answer. A rising line shows the cost of a longer context."},
        {"chart-rates", "Speed", "Tokens per second after the first, and including the wait for the first."},
        {"chart-memory", "Memory of the server",
         "Anonymous and swapped memory during the run; shaded while a test ran."},
    };
    buf_puts(out, "<section id=\"charts\" hidden>\n<h2>Over time</h2>\n<div class=\"charts\">\n");
    for (size_t i = 0; i < sizeof CHARTS / sizeof CHARTS[0]; i++)
        buf_printf(out,
                   "<figure hidden>\n<figcaption><h3>%s</h3><p>%s</p></figcaption>\n"
                   "<div class=\"chart\" id=\"%s\"></div>\n</figure>\n",
                   CHARTS[i][1], CHARTS[i][2], CHARTS[i][0]);
    buf_puts(out, "</div>\n</section>\n");
}

/* The line of figures under a prompt; a rate that does not exist is replaced by the reason. */
static void put_answer_figures(buf *out, const summary_row *row)
{
    const test_metrics *const m = &row->metrics;
    const char *const no_rate = metrics_decode_reason(m->decode);
    char first[CELL_BYTES], rate[CELL_BYTES], seconds[CELL_BYTES];
    format_number(first, m->ttft_ms);
    format_number(rate, m->decode_tps);
    format_number(seconds, m->e2e_ms / 1000);
    buf_printf(out, "<p class=\"figures\">%" PRId64 " of at most %d tokens &middot; first after %s ms &middot; ",
               m->n_tokens, row->test->plan.max_tokens, first);
    if (no_rate != NULL)
        buf_printf(out, "no decode rate (%s)", no_rate);
    else
        buf_printf(out, "%s tok/s", rate);
    buf_printf(out, " &middot; %s s &middot; ended by ", seconds);
    put_text(out, row->test->answer.finish_reason[0] != '\0' ? row->test->answer.finish_reason : "nothing");
    buf_printf(out, " &middot; repetition %.3f, ", m->repetition.score);
    buf_printf(out, "worst window %.3f", m->repetition.window_max);
    if (m->repetition.verdict != REPETITION_NONE)
        buf_printf(out, " <span class=\"badge bad\">%s</span>", repetition_verdict_name(m->repetition.verdict));
    buf_puts(out, "</p>\n");
}

/* One prompt with its answer; `number` is the target of the link in the table. */
static void put_answer(buf *out, const summary_row *row, size_t number)
{
    const answer_record *const a = &row->test->answer;
    buf_printf(out, "<article id=\"answer-%zu\">\n<h3>", number);
    put_name(out, row->test);
    buf_puts(out, " <small>");
    put_text(out, row->test->plan.group);
    buf_puts(out, "</small></h3>\n<blockquote class=\"prompt\">");
    put_text(out, row->test->plan.prompt);
    buf_puts(out, "</blockquote>\n");
    put_answer_figures(out, row);
    if (a->error[0] != '\0') {
        buf_puts(out, "<p class=\"warning\">");
        put_text(out, a->error);
        buf_puts(out, "</p>\n");
    }
    if (a->n_reasoning > 0) {
        buf_puts(out, "<details open><summary>Reasoning</summary><div class=\"text reasoning\">");
        escape_html(out, a->reasoning, a->n_reasoning);
        buf_puts(out, "</div></details>\n");
    }
    buf_puts(out, "<div class=\"text\">");
    escape_html(out, a->text, a->n_text);
    buf_puts(out, "</div>\n</article>\n");
}

static void put_answers(buf *out, const run_summary *summary)
{
    buf_puts(out, "<section>\n<h2>Answers</h2>\n");
    for (size_t i = 0; i < summary->n_rows; i++)
        put_answer(out, &summary->rows[i], i + 1);
    buf_puts(out, "</section>\n");
}

/* One row of the list of facts; an empty value has none. */
static void put_fact(buf *out, const char *name, const char *value, bool is_code)
{
    if (value[0] == '\0')
        return;
    buf_printf(out, "<div><dt>%s</dt><dd>%s", name, is_code ? "<code>" : "");
    put_text(out, value);
    buf_printf(out, "%s</dd></div>\n", is_code ? "</code>" : "");
}

/* Everything that a reader needs to repeat the run. */
static void put_identity(buf *out, const run_record *run)
{
    const run_info *const i = &run->info;
    char text[320], memory[CELL_BYTES], seconds[CELL_BYTES];
    buf_puts(out, "<section>\n<h2>What was measured</h2>\n<dl class=\"facts\">\n");
    put_fact(out, "model", i->model, true);
    put_fact(out, "server", i->url, true);
    put_fact(out, "fingerprint", run->n_tests > 0 ? run->tests[0].answer.fingerprint : "", true);
    format_number(seconds, run_number(run, 0, 0, FACT_LOAD_COLD_MS) / 1000);
    snprintf(text, sizeof text, "%s s from start to ready", seconds);
    put_fact(out, "load time", seconds[0] == '-' ? "" : text, false);
    snprintf(text, sizeof text, "%.100s (%.40s)", i->protocol_name, i->protocol_hash);
    put_fact(out, "protocol", text, false);
    format_bytes(memory, i->memory_bytes);
    snprintf(text, sizeof text, "%.120s, %d cores, %s, %.60s", i->cpu, i->n_cores, memory, i->os);
    put_fact(out, "measured from", text, false);
    put_fact(out, "spillway", i->version, false);
    put_fact(out, "command", i->command, true);
    buf_puts(out, "</dl>\n</section>\n");
}

/* The order is that of a reader's questions: outcome, figures, answers, conditions. */
sw_code report_html(buf *out, const run_analysis *analysis, const sw_entropy *entropy, sw_err *err)
{
    const run_record *const run = analysis->run;
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    char nonce[40];
    const uint64_t high = entropy_next(entropy);
    snprintf(nonce, sizeof nonce, "%016" PRIx64 "%016" PRIx64, high, entropy_next(entropy));
    put_head(out, run, nonce);
    buf_puts(out, "<main>\n");
    put_banner(out, run);
    put_totals(out, run, summary);
    put_table(out, summary);
    put_charts(out);
    put_answers(out, summary);
    put_identity(out, run);
    buf_printf(out, "</main>\n<script type=\"application/json\" id=\"data\" nonce=\"%s\">", nonce);
    const sw_code code = report_chart_data(out, analysis, err);
    if (code != SW_OK)
        return code;
    buf_printf(out, "</script>\n<script nonce=\"%s\">\n", nonce);
    buf_append(out, embedded_web_dist_report_js, embedded_web_dist_report_js_size);
    buf_puts(out, "</script>\n</body>\n</html>\n");
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the report is too large");
}
