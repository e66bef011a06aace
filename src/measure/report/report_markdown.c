/* report_markdown.c - the run as Markdown: facts, tables, and every prompt with its answer.
 *
 * Texts from outside are escaped in tables and headings; prompts and answers are inside a fence longer than any in
 * them, verbatim except for hidden characters, which become visible.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "report/format.h"
#include "report/report.h"

/* Everything from outside that is not in a fence. */
static void put_escaped(buf *out, const char *text)
{
    escape_markdown_cell(out, text, strlen(text));
}

/* A block of text, inside a fence longer than any run of backticks in it. */
static void put_block(buf *out, const char *text, size_t n)
{
    size_t longest = 2, run = 0;
    for (size_t i = 0; i < n; i++) {
        run = text[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    buf fence;
    buf_init(&fence, n + 8);
    for (size_t i = 0; i <= longest; i++)
        buf_putc(&fence, '`');
    buf_printf(out, "%stext\n", buf_str(&fence));
    escape_terminal(out, text, n);
    buf_printf(out, "%s%s\n\n", n > 0 && text[n - 1] != '\n' ? "\n" : "", buf_str(&fence));
    buf_free(&fence);
}

/* One row of the table of facts. */
static void put_fact(buf *out, const char *name, const char *value)
{
    buf_printf(out, "| %s | ", name);
    put_escaped(out, value);
    buf_puts(out, " |\n");
}

/* Title and facts.  The precision in the formats bounds names from outside to the buffer. */
static void put_head(buf *out, const run_record *run)
{
    const run_info *const info = &run->info;
    char text[256], cell[CELL_BYTES], memory[CELL_BYTES];
    buf_puts(out, "# Benchmark of ");
    put_escaped(out, info->model);
    buf_puts(out, "\n\n| | |\n|---|---|\n");
    put_fact(out, "status", info->status);
    format_time(cell, info->started_unix_ms);
    put_fact(out, "started", cell);
    put_fact(out, "model", info->model);
    put_fact(out, "server", info->url);
    put_fact(out, "fingerprint", run->n_tests > 0 ? run->tests[0].answer.fingerprint : "");
    snprintf(text, sizeof text, "%.100s, %.60s", info->protocol_name, info->protocol_hash);
    put_fact(out, "protocol", text);
    format_bytes(memory, info->memory_bytes);
    snprintf(text, sizeof text, "%.100s, %d cores, %s, %.60s", info->cpu, info->n_cores, memory, info->os);
    put_fact(out, "measured from", text);
    format_number(cell, run_number(run, 0, 0, FACT_LOAD_COLD_MS) / 1000);
    snprintf(text, sizeof text, "%s s", cell);
    put_fact(out, "load time", cell[0] == '-' ? "-" : text);
    put_fact(out, "spillway", info->version);
    put_fact(out, "command", info->command);
    buf_putc(out, '\n');
}

static void put_table(buf *out, const run_summary *summary)
{
    char cell[CELL_BYTES];
    buf_puts(out, "## Results\n\n| test |");
    for (int i = 0; i < N_COLUMNS; i++)
        buf_printf(out, " %s%s%s |", COLUMNS[i].title, COLUMNS[i].unit[0] != '\0' ? ", " : "", COLUMNS[i].unit);
    buf_puts(out, "\n|---|");
    for (int i = 0; i < N_COLUMNS; i++)
        buf_puts(out, COLUMNS[i].is_number ? "--:|" : "---|");
    buf_putc(out, '\n');
    for (size_t r = 0; r < summary->n_rows; r++) {
        buf name;
        buf_init(&name, 4096);
        format_name(&name, summary->rows[r].test);
        buf_puts(out, "| ");
        put_escaped(out, buf_str(&name));
        buf_puts(out, " |");
        buf_free(&name);
        for (int i = 0; i < N_COLUMNS; i++) {
            COLUMNS[i].format(cell, &summary->rows[r]);
            buf_putc(out, ' ');
            put_escaped(out, cell);
            buf_puts(out, " |");
        }
        buf_putc(out, '\n');
    }
}

/* The totals with their meaning, then the warnings as quotes. */
static void put_totals(buf *out, const run_record *run, const run_summary *summary)
{
    buf_puts(out, "\n| whole run | | |\n|---|--:|---|\n");
    for (int i = 0; i < N_TOTALS; i++) {
        buf_printf(out, "| %s | ", TOTALS[i].title);
        format_total(out, &TOTALS[i], summary);
        buf_printf(out, " | %s |\n", TOTALS[i].meaning);
    }
    const char *warning;
    for (int i = 0; (warning = format_warning(run, summary, i)) != NULL; i++)
        buf_printf(out, "\n> %s\n", warning);
}

/* One prompt with its answer; reasoning, if any, has a block of its own. */
static void put_answer(buf *out, const summary_row *row)
{
    const answer_record *const a = &row->test->answer;
    buf name;
    buf_init(&name, 4096);
    format_name(&name, row->test);
    buf_puts(out, "\n### ");
    put_escaped(out, buf_str(&name));
    buf_free(&name);
    buf_puts(out, "\n\nAsked:\n\n");
    put_block(out, row->test->plan.prompt, strlen(row->test->plan.prompt));
    if (a->error[0] != '\0') {
        buf_puts(out, "Failed: ");
        put_escaped(out, a->error);
        buf_puts(out, "\n\n");
    }
    if (a->n_reasoning > 0) {
        buf_puts(out, "Reasoning:\n\n");
        put_block(out, a->reasoning, a->n_reasoning);
    }
    buf_puts(out, "Answered:\n\n");
    put_block(out, a->text, a->n_text);
}

void report_markdown(buf *out, const run_analysis *analysis)
{
    const run_record *const run = analysis->run;
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    put_head(out, run);
    put_table(out, summary);
    put_totals(out, run, summary);
    buf_puts(out, "\n## Answers\n");
    for (size_t i = 0; i < summary->n_rows; i++)
        put_answer(out, &summary->rows[i]);
}
