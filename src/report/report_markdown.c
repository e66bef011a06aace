#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "report/format.h"
#include "report/report.h"

static void put_escaped(sw_buf *out, const char *text)
{
    sw_escape_markdown_cell(out, text, strlen(text));
}

/* A block of text as it is, inside a fence longer than any run of backticks in it. */
static void put_block(sw_buf *out, const char *text, size_t n)
{
    size_t longest = 2, run = 0;
    for (size_t i = 0; i < n; i++) {
        run = text[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    sw_buf fence;
    sw_buf_init(&fence, n + 8);
    for (size_t i = 0; i <= longest; i++)
        sw_buf_putc(&fence, '`');
    sw_buf_printf(out, "%stext\n", sw_buf_str(&fence));
    sw_buf_append(out, text, n);
    sw_buf_printf(out, "%s%s\n\n", n > 0 && text[n - 1] != '\n' ? "\n" : "", sw_buf_str(&fence));
    sw_buf_free(&fence);
}

static void put_fact(sw_buf *out, const char *name, const char *value)
{
    sw_buf_printf(out, "| %s | ", name);
    put_escaped(out, value);
    sw_buf_puts(out, " |\n");
}

static void put_head(sw_buf *out, const sw_run *run)
{
    const sw_run_info *const info = &run->info;
    char text[256], cell[SW_CELL_BYTES], memory[SW_CELL_BYTES];
    sw_buf_puts(out, "# Benchmark of ");
    put_escaped(out, info->model);
    sw_buf_puts(out, "\n\n| | |\n|---|---|\n");
    put_fact(out, "status", info->status);
    sw_format_time(cell, info->started_unix_ms);
    put_fact(out, "started", cell);
    put_fact(out, "model", info->model);
    put_fact(out, "server", info->url);
    put_fact(out, "fingerprint", run->n_tests > 0 ? run->tests[0].answer.fingerprint : "");
    snprintf(text, sizeof text, "%.100s, %.60s", info->protocol_name, info->protocol_hash);
    put_fact(out, "protocol", text);
    sw_format_bytes(memory, info->memory_bytes);
    snprintf(text, sizeof text, "%.100s, %d cores, %s, %.60s", info->cpu, info->n_cores, memory, info->os);
    put_fact(out, "measured from", text);
    sw_format_number(cell, info->load_ms / 1000);
    snprintf(text, sizeof text, "%s s", cell);
    put_fact(out, "load time", cell[0] == '-' ? "-" : text);
    put_fact(out, "spillway", info->version);
    put_fact(out, "command", info->command);
    sw_buf_putc(out, '\n');
}

static void put_table(sw_buf *out, const sw_summary *summary)
{
    char cell[SW_CELL_BYTES];
    sw_buf_puts(out, "## Results\n\n| test |");
    for (int i = 0; i < SW_N_COLUMNS; i++)
        sw_buf_printf(out, " %s%s%s |", SW_COLUMNS[i].title, SW_COLUMNS[i].unit[0] != '\0' ? ", " : "",
                      SW_COLUMNS[i].unit);
    sw_buf_puts(out, "\n|---|");
    for (int i = 0; i < SW_N_COLUMNS; i++)
        sw_buf_puts(out, SW_COLUMNS[i].is_number ? "--:|" : "---|");
    sw_buf_putc(out, '\n');
    for (size_t r = 0; r < summary->n_rows; r++) {
        sw_buf name;
        sw_buf_init(&name, 4096);
        sw_format_name(&name, summary->rows[r].test);
        sw_buf_puts(out, "| ");
        put_escaped(out, sw_buf_str(&name));
        sw_buf_puts(out, " |");
        sw_buf_free(&name);
        for (int i = 0; i < SW_N_COLUMNS; i++) {
            SW_COLUMNS[i].format(cell, &summary->rows[r]);
            sw_buf_putc(out, ' ');
            put_escaped(out, cell);
            sw_buf_puts(out, " |");
        }
        sw_buf_putc(out, '\n');
    }
}

static void put_totals(sw_buf *out, const sw_run *run, const sw_summary *summary)
{
    char cell[SW_CELL_BYTES];
    sw_buf_puts(out, "\n| whole run | | |\n|---|--:|---|\n");
    for (int i = 0; i < SW_N_TOTALS; i++) {
        SW_TOTALS[i].format(cell, summary);
        sw_buf_printf(out, "| %s | %s%s%s | %s |\n", SW_TOTALS[i].title, cell, SW_TOTALS[i].unit[0] != '\0' ? " " : "",
                      SW_TOTALS[i].unit, SW_TOTALS[i].meaning);
    }
    const char *warning;
    for (int i = 0; (warning = sw_format_warning(run, summary, i)) != NULL; i++)
        sw_buf_printf(out, "\n> %s\n", warning);
}

static void put_answer(sw_buf *out, const sw_summary_row *row)
{
    const sw_answer *const a = &row->test->answer;
    sw_buf name;
    sw_buf_init(&name, 4096);
    sw_format_name(&name, row->test);
    sw_buf_puts(out, "\n### ");
    put_escaped(out, sw_buf_str(&name));
    sw_buf_free(&name);
    sw_buf_puts(out, "\n\nAsked:\n\n");
    put_block(out, row->test->plan.prompt, strlen(row->test->plan.prompt));
    if (a->error[0] != '\0') {
        sw_buf_puts(out, "Failed: ");
        put_escaped(out, a->error);
        sw_buf_puts(out, "\n\n");
    }
    if (a->n_reasoning > 0) {
        sw_buf_puts(out, "Reasoning:\n\n");
        put_block(out, a->reasoning, a->n_reasoning);
    }
    sw_buf_puts(out, "Answered:\n\n");
    put_block(out, a->text, a->n_text);
}

void sw_report_markdown(sw_buf *out, const sw_run *run, const sw_summary *summary)
{
    put_head(out, run);
    put_table(out, summary);
    put_totals(out, run, summary);
    sw_buf_puts(out, "\n## Answers\n");
    for (size_t i = 0; i < summary->n_rows; i++)
        put_answer(out, &summary->rows[i]);
}
