/* comparison_outcome.c - a comparison in one sentence. */
#include "compare/comparison_report.h"

int comparison_count_verdicts(const comparison *c, change_verdict verdict)
{
    int n = 0;
    for (size_t i = 0; i < c->n_rows; i++)
        n += c->rows[i].verdict == verdict && c->rows[i].test == NULL;
    return n;
}

static void put_count(buf *out, int n, const char *one)
{
    buf_printf(out, "%d %s%s", n, one, n == 1 ? "" : "s");
}

static void put_counts(buf *out, const comparison *c)
{
    static const change_verdict ORDER[] = {CHANGE_WORSE, CHANGE_BETTER, CHANGE_SAME, CHANGE_UNCLEAR};
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        buf_printf(out, "%s%d %s", i > 0 ? ", " : "", comparison_count_verdicts(c, ORDER[i]),
                   change_verdict_name(ORDER[i]));
}

void comparison_put_outcome(buf *out, const comparison *c)
{
    buf_printf(out, "%s: ", comparison_outcome_name(c->outcome));
    comparison_put_why(out, c);
}

void comparison_put_why(buf *out, const comparison *c)
{
    switch (c->outcome) {
    case COMPARISON_OK: buf_puts(out, "no regression was found; of the figures over all tests "); break;
    case COMPARISON_REGRESSED:
        put_count(out, comparison_count_regressions(c), "regression");
        buf_puts(out, "; of the figures over all tests ");
        break;
    case COMPARISON_INCONCLUSIVE:
        buf_printf(out, "%zu pairs of tests are too few to judge; more repetitions (--repeat of bench) help",
                   c->pairs.n);
        break;
    default:
        if (comparison_is_of_unlike_kinds(c))
            buf_puts(out, "a stress run and a benchmark are not comparable");
        else
            buf_puts(out, "these runs are not comparable; --force compares them all the same");
        break;
    }
    if (c->outcome == COMPARISON_OK || c->outcome == COMPARISON_REGRESSED)
        put_counts(out, c);
}
