/* number_problem.c - compares the result and the steps of an answer with numbers. */
#include "problems/number_problem.h"

#include <math.h>

void number_steps_add(number_steps *s, double value)
{
    if (s->n < NUMBER_STEPS_MAX)
        s->values[s->n++] = value;
}

bool number_steps_keep(problem_draft *d, const number_steps *s, const char *unit)
{
    number_steps *const kept = arena_alloc(d->keep, sizeof *kept);
    if (kept == NULL)
        return false;
    *kept = *s;
    d->detail = kept;
    d->n_steps = s->n;
    buf_printf(&d->expected, "%.10g%s%s", s->values[s->n - 1], unit != NULL ? " " : "", unit != NULL ? unit : "");
    return true;
}

sw_code number_problem_check(const problem *p, const problem_check_input *in, problem_verdict *out)
{
    const number_steps *const s = p->detail;
    const double wanted = s->values[s->n - 1];
    double found = 0;
    out->steps_right = answer_count_values(&in->steps, s->values, s->n);
    out->n_false = answer_count_false_sums(&in->steps);
    if (!answer_result(&in->words, &found))
        return verdict_set(out, in, PROBLEM_UNREADABLE, "the answer has no number");
    if (fabs(found - wanted) <= 1e-6 * (1 + fabs(wanted)))
        return verdict_set(out, in, PROBLEM_RIGHT, "the result is %.10g", wanted);
    return verdict_set(out, in, PROBLEM_WRONG, "the result is %.10g, not %.10g", wanted, found);
}
