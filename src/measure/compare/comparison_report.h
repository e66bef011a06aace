/* comparison_report.h - a comparison for a reader, for programs and for build services.  Texts from outside are escaped
 * for their form.
 */
#ifndef COMPARE_COMPARISON_REPORT_H
#define COMPARE_COMPARISON_REPORT_H

#include "compare/comparison.h"
#include "report/document.h"
#include "spillway/clock.h"

/* How the command line named both runs; any bytes. */
typedef struct comparison_names {
    const char *a, *b;
} comparison_names;

/* Appends the outcome as one sentence without a line break: "regressed: 2 of 14 figures ...". */
void comparison_put_outcome(buf *out, const comparison *c);
/* The same without the name of the outcome. */
void comparison_put_why(buf *out, const comparison *c);
/* How many rows over all tests have that verdict. */
int comparison_count_verdicts(const comparison *c, change_verdict verdict);
/* Appends all blocks, for a terminal and for pages; on a terminal the outcome is left to the caller. */
void comparison_document(document *doc, const comparison *c, comparison_names names);
/* Appends Markdown that fits a comment on a pull request: the outcome and a table, the rest folded. */
void comparison_markdown(buf *out, const comparison *c, comparison_names names);
/* Appends one page that needs no network.  `entropy` as for page_nonce.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code comparison_html(buf *out, const comparison *c, comparison_names names, const sw_entropy *entropy,
                                     sw_err *err);
/* Appends one document, schema 1.  Errors: SW_ENOMEM, SW_ELIMIT. */
SW_NODISCARD sw_code comparison_json(buf *out, const comparison *c, comparison_names names, sw_err *err);
/* Appends JUnit's XML: a test case for each row and count; a regression is a failure, what cannot be judged is skipped,
 * and a comparison without a result is an error. */
void comparison_junit(buf *out, const comparison *c, comparison_names names);

/* Where figures were measured: a mode, or the stage of a stress run ("concurrent: 8 sessions"); unescaped. */
void comparison_put_place(buf *out, const comparison *c, int stage, test_mode mode);
/* The title of a row: "decode_tps", or with its test "decode_tps of greeting"; unescaped. */
void comparison_put_title(buf *out, const change_row *row);

#endif
