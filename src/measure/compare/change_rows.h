/* change_rows.h - the changes of many figures, judged together, so that equal runs seldom look different.
 *
 * Each figure of a model and mode is judged over all tests, and once more in each test; of a stress run in each stage.
 * Of 5 % false alarms, four fifths are shared by the rows over all tests and one fifth by those of single tests, each
 * by Holm's correction. Pure.
 */
#ifndef COMPARE_CHANGE_ROWS_H
#define COMPARE_CHANGE_ROWS_H

#include "compare/compare_metrics.h"
#include "figures/compare.h"
#include "figures/paired_change.h"

typedef struct change_row {
    int subject; // of the first run
    int stage;   // position in the stages of the first run; -1: of a benchmark, or of a model
    test_mode mode;
    compare_metric metric;
    const test_record *test; // one of a test's repetitions; NULL: over all tests, or of a model
    double allowed;          // how much worse it may be, in % or the figure's unit; NAN: any
    paired_change change;
    // What change_rows_judge says.
    double p_value; // corrected: below 0.05 is a change; NAN: cannot be judged
    change_verdict verdict;
    bool is_regression; // worse, and surely by more than is allowed
} change_row;

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code change_rows_judge(change_row *rows, size_t n, sw_err *err);

/* Of a difference as paired_change has it: in % for relative figures. */
double change_row_shown(const change_row *row, double difference);

#endif
