/* review_print.c - what people said of a run's answers, as a table. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cmd/output_width.h"
#include "cmd/review_session.h"
#include "report/format.h"
#include "report/report.h"
#include "report/text_table.h"

// clang-format off
static const text_column COLUMNS[] = {
    {"test",           "",     false, 0},
    {"model",          "",     false, 1},
    {"mode",           "",     false, 4},
    {"reviewer",       "",     false, 2},
    {"content",        "of 5", true,  0},
    {"accuracy",       "of 5", true,  0},
    {"responsiveness", "of 5", true,  0},
    {"flags",          "",     false, 0},
    {"given",          "",     false, 5},
};
// clang-format on

static void put_text(text_table *table, const char *text)
{
    buf safe;
    buf_init(&safe, REPORT_BYTES_MAX);
    escape_terminal(&safe, text, strlen(text));
    text_table_put(table, buf_str(&safe));
    buf_free(&safe);
}

static void put_flags(text_table *table, const review_record *r)
{
    char flags[64] = "";
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        const size_t n = strlen(flags);
        if (r->flags[i])
            snprintf(flags + n, sizeof flags - n, "%s%s", n > 0 ? ", " : "", review_flag_name((review_flag)i));
    }
    text_table_put(table, flags[0] != '\0' ? flags : "-");
}

/* A note of several lines is one below its row. */
static void put_note(text_table *table, const char *note)
{
    buf line;
    buf_init(&line, REPORT_BYTES_MAX);
    escape_terminal(&line, note, strlen(note));
    for (size_t i = 0; i < line.size; i++)
        line.data[i] = line.data[i] == '\n' ? ' ' : line.data[i];
    if (note[0] != '\0')
        text_table_note(table, buf_str(&line));
    buf_free(&line);
}

static void put_review(text_table *table, const run_record *run, const review_record *r)
{
    const test_record *const test = &run->tests[r->test];
    char cell[CELL_BYTES];
    buf name;
    buf_init(&name, REPORT_BYTES_MAX);
    format_name(&name, test);
    put_text(table, buf_str(&name));
    buf_free(&name);
    put_text(table, format_model(run->subjects[test->subject].name));
    text_table_put(table, test_mode_name(test->mode));
    put_text(table, r->reviewer[0] != '\0' ? r->reviewer : "-");
    for (int i = 0; i < N_REVIEW_SCORES; i++) {
        snprintf(cell, sizeof cell, "%d", r->scores[i]);
        text_table_put(table, r->scores[i] != 0 ? cell : "-");
    }
    put_flags(table, r);
    format_time(cell, r->unix_ms);
    text_table_put(table, cell);
    put_note(table, r->note);
}

sw_code review_print(const review_session *s, sw_err *err)
{
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    for (size_t i = 0; i < s->run->n_reviews; i++)
        put_review(table, s->run, &s->run->reviews[i]);
    text_table_write(&text, table, output_width(STDOUT_FILENO), "a wider terminal and --json have all columns");
    const sw_code code = text.failed;
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    text_table_free(table);
    return code == SW_OK ? SW_OK : sw_fail(err, code, "out of memory listing reviews");
}
