/* comparison_junit.c - the form of test results that build services read.  XML 1.0 forbids control characters and
 * U+FFFE and U+FFFF even when they are escaped, so they are shown by name or replaced.
 */
#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "compare/comparison_report.h"
#include "report/format.h"

enum { LINE_BYTES_MAX = 1 << 20 };

/* As text and in quotes. */
static void put_xml(buf *out, const char *text)
{
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 16);
    escape_html(&safe, text, strlen(text));
    for (size_t i = 0; i < safe.size; i++) {
        const char *const p = &safe.data[i];
        const bool is_forbidden = strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0;
        if (is_forbidden)
            buf_puts(out, "\xef\xbf\xbd");
        else
            buf_putc(out, *p);
        i += is_forbidden ? 2 : 0;
    }
    if (safe.failed != SW_OK && out->failed == SW_OK)
        out->failed = safe.failed;
    buf_free(&safe);
}

/* Begins a test case; `content` is between its tags, made by the caller. */
static void put_case_begin(buf *out, const char *class_name, const char *name)
{
    buf_puts(out, "    <testcase classname=\"");
    put_xml(out, class_name);
    buf_puts(out, "\" name=\"");
    put_xml(out, name);
    buf_puts(out, "\">");
}

/* `kind` is "failure", "error" or "skipped". */
static void put_result(buf *out, const char *kind, const char *message, const char *body)
{
    buf_printf(out, "<%s message=\"", kind);
    put_xml(out, message);
    buf_puts(out, "\">");
    put_xml(out, body);
    buf_printf(out, "</%s>", kind);
}

/* ---- cases ------------------------------------------------------------------------------------------------------- */

static void put_message(buf *out, const change_row *row)
{
    const char *const unit = COMPARE_METRIC_ROWS[row->metric].is_relative ? " %" : "";
    const paired_change *const p = &row->change;
    char a[CELL_BYTES], b[CELL_BYTES];
    format_by_unit(a, p->a, COMPARE_METRIC_ROWS[row->metric].unit);
    format_by_unit(b, p->b, COMPARE_METRIC_ROWS[row->metric].unit);
    buf_printf(out, "%s: %s to %s, %+.3g%s (95 %%: %+.3g to %+.3g), may be worse by %g%s",
               change_verdict_name(row->verdict), a, b, change_row_shown(row, p->difference), unit,
               change_row_shown(row, p->range.low), change_row_shown(row, p->range.high), row->allowed, unit);
}

static void put_row(buf *out, const comparison *c, const change_row *row)
{
    buf title, class_name, message;
    buf_init(&title, LINE_BYTES_MAX);
    buf_init(&class_name, LINE_BYTES_MAX);
    buf_init(&message, LINE_BYTES_MAX);
    comparison_put_title(&title, row);
    buf_printf(&class_name, "%s.", c->a->subjects[row->subject].label);
    if (COMPARE_METRIC_ROWS[row->metric].scope == SCOPE_MODEL)
        buf_puts(&class_name, "server");
    else
        comparison_put_place(&class_name, c, row->stage, row->mode);
    put_case_begin(out, buf_str(&class_name), buf_str(&title));
    put_message(&message, row);
    if (row->is_regression)
        put_result(out, "failure", buf_str(&message), "");
    else if (isnan(row->change.range.low))
        put_result(out, "skipped", "too few pairs to judge", "");
    buf_puts(out, "</testcase>\n");
    buf_free(&title);
    buf_free(&class_name);
    buf_free(&message);
}

/* One line for each change. */
static void put_count(buf *out, const comparison *c, compare_metric metric)
{
    buf body, message;
    buf_init(&body, LINE_BYTES_MAX);
    buf_init(&message, LINE_BYTES_MAX);
    put_case_begin(out, "answers", COMPARE_METRIC_ROWS[metric].name);
    for (size_t i = 0; i < c->exact.n; i++) {
        const exact_change *const e = &c->exact.items[i];
        if (e->metric != metric)
            continue;
        buf_printf(&body, "%s", c->a->subjects[e->subject].label);
        if (e->pair != NULL) {
            buf_puts(&body, ", ");
            comparison_put_place(&body, c, e->pair->stage, e->pair->a->test->mode);
            buf_puts(&body, ": ");
            format_name(&body, e->pair->a->test);
        }
        buf_printf(&body, "%s%s\n", e->check[0] != '\0' ? ": " : "", e->check);
    }
    buf_printf(&message, "%zu of %d: %s", c->n_exact[metric], c->exact.n_compared[metric],
               COMPARE_METRIC_ROWS[metric].meaning);
    if (comparison_count_is_regression(c, metric))
        put_result(out, "failure", buf_str(&message), buf_str(&body));
    else if (c->exact.n_compared[metric] == 0)
        put_result(out, "skipped", c->options.is_shared ? "not in a shared file" : "nothing to compare", "");
    buf_puts(out, "</testcase>\n");
    buf_free(&body);
    buf_free(&message);
}

static void put_outcome(buf *out, const comparison *c)
{
    buf outcome;
    buf_init(&outcome, LINE_BYTES_MAX);
    comparison_put_outcome(&outcome, c);
    put_case_begin(out, "comparison", "outcome");
    if (c->outcome == COMPARISON_REFUSED || c->outcome == COMPARISON_INCONCLUSIVE)
        put_result(out, "error", buf_str(&outcome), buf_str(&c->reasons));
    buf_puts(out, "</testcase>\n");
    buf_free(&outcome);
}

static void put_cases(buf *out, const comparison *c)
{
    put_outcome(out, c);
    for (size_t i = 0; i < c->n_rows; i++)
        put_row(out, c, &c->rows[i]);
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        if (COMPARE_METRIC_ROWS[m].scope == SCOPE_COUNT && c->outcome != COMPARISON_REFUSED)
            put_count(out, c, (compare_metric)m);
    }
}

/* How often `what` is in the text. */
static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
        n++;
    return n;
}

/* Names cannot be mistaken for tags: "<" in them is escaped. */
void comparison_junit(buf *out, const comparison *c, comparison_names names)
{
    buf cases;
    buf_init(&cases, out->max);
    put_cases(&cases, c);
    const char *const text = buf_str(&cases);
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"spillway compare ");
    put_xml(out, names.a);
    buf_putc(out, ' ');
    put_xml(out, names.b);
    buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", count(text, "<testcase "),
               count(text, "<failure "), count(text, "<error "), count(text, "<skipped "));
    buf_puts(out, text);
    buf_puts(out, "  </testsuite>\n</testsuites>\n");
    if (cases.failed != SW_OK && out->failed == SW_OK)
        out->failed = cases.failed;
    buf_free(&cases);
}
