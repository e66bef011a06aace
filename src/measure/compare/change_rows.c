/* change_rows.c - p-values of two families, then a verdict for each row. */
#include "compare/change_rows.h"

#include <math.h>

#include "base/alloc.h"

static const double P_MAX = 0.05;
static const double SHARES[] = {0.75, 0.15};   // of the false alarms, for rows over all tests and of single tests
static const double CHANGE_SAME_WITHIN = 0.02; // that of change_of

double change_row_shown(const change_row *row, double difference)
{
    return COMPARE_METRIC_ROWS[row->metric].is_relative ? 100 * difference : difference;
}

/* Figures that are equal in every pair cannot be false alarms, and take no part. */
static bool is_counted(const change_row *row, bool of_tests)
{
    return (row->test != NULL) == of_tests && !row->change.is_equal && !isnan(row->change.p_value);
}

/* Corrects one family. */
static sw_code correct(change_row *rows, size_t n, bool of_tests, double *p_values, sw_err *err)
{
    for (size_t i = 0; i < n; i++)
        p_values[i] = is_counted(&rows[i], of_tests) ? rows[i].change.p_value : NAN;
    const sw_code code = holm_correct(p_values, n, err);
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        if (is_counted(&rows[i], of_tests))
            rows[i].p_value = fmin(1, p_values[i] / SHARES[of_tests]);
    }
    return code;
}

/* One value of each run says how far it is from the other, and nothing of chance: beyond `same` it is judged only where
 * a limit is set, because such figures hardly vary. */
static change_verdict verdict_of(const change_row *row)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    if (row->change.is_equal)
        return CHANGE_SAME;
    const double scale = CHANGE_SAME_WITHIN / metric->same_within;
    const interval range = {scale * change_row_shown(row, row->change.range.low),
                            scale * change_row_shown(row, row->change.range.high)};
    const change_verdict verdict = change_of(range, metric->higher_is_better);
    const bool is_sure = metric->scope == SCOPE_MODEL ? !isnan(row->allowed) : row->p_value < P_MAX;
    return verdict == CHANGE_SAME || is_sure ? verdict : CHANGE_UNCLEAR;
}

/* The end of the interval that is nearest to no change must be beyond what is allowed. */
static bool is_regression(const change_row *row)
{
    const bool higher_is_better = COMPARE_METRIC_ROWS[row->metric].higher_is_better;
    const double nearest = higher_is_better ? -change_row_shown(row, row->change.range.high)
                                            : change_row_shown(row, row->change.range.low);
    return row->verdict == CHANGE_WORSE && nearest > row->allowed; // never, if that is NAN
}

sw_code change_rows_judge(change_row *rows, size_t n, sw_err *err)
{
    double *const p_values = mem_calloc(n + 1, sizeof *p_values);
    if (p_values == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory judging %zu changes", n);
    for (size_t i = 0; i < n; i++)
        rows[i].p_value = rows[i].change.is_equal ? 1 : NAN;
    sw_code code = correct(rows, n, /*of_tests=*/false, p_values, err);
    if (code == SW_OK)
        code = correct(rows, n, /*of_tests=*/true, p_values, err);
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        rows[i].verdict = verdict_of(&rows[i]);
        rows[i].is_regression = is_regression(&rows[i]);
    }
    mem_free(p_values);
    return code;
}
