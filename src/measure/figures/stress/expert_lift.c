/* expert_lift.c - ratios of sums over answers, with the variance between answers. */
#include "figures/stress/expert_lift.h"

#include <math.h>

/* A share of choices, and the variance of its logarithm. */
typedef struct choice_share {
    size_t n;
    double share, log_variance;
} choice_share;

static choice_share share_of(const answer_choices *answers, size_t n_answers, size_t expert, bool of_domain)
{
    choice_share s = {0};
    double chosen = 0, all = 0, squares = 0;
    for (size_t i = 0; i < n_answers; i++) {
        if (answers[i].is_of_domain != of_domain)
            continue;
        chosen += (double)answers[i].counts[expert];
        all += (double)answers[i].n_choices;
        s.n++;
    }
    s.share = all > 0 ? chosen / all : NAN;
    for (size_t i = 0; i < n_answers; i++) {
        const double left = (double)answers[i].counts[expert] - s.share * (double)answers[i].n_choices;
        squares += answers[i].is_of_domain == of_domain ? left * left : 0;
    }
    const double n = (double)s.n;
    s.log_variance = n > 1 ? squares * n / (n - 1) / (chosen * chosen) : NAN;
    return s;
}

void expert_lifts_of(const answer_choices *answers, size_t n_answers, size_t n_experts, expert_lift *out)
{
    for (size_t e = 0; e < n_experts; e++) {
        const choice_share in = share_of(answers, n_answers, e, true);
        const choice_share outside = share_of(answers, n_answers, e, false);
        out[e] = (expert_lift){in.share, outside.share, NAN, {NAN, NAN}};
        if (!(in.share > 0 && outside.share > 0))
            continue;
        out[e].lift = in.share / outside.share;
        const size_t fewer = in.n < outside.n ? in.n : outside.n;
        if (fewer < 3)
            continue;
        const double reach = exp(student_t_quantile(0.975, fewer - 1) * sqrt(in.log_variance + outside.log_variance));
        out[e].range = (interval){out[e].lift / reach, out[e].lift * reach};
    }
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* The square of the mean's standard error. */
static double square_error(const double *values, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return sum / (double)(n - 1) / (double)n;
}

mean_contrast mean_contrast_of(const double *a, size_t n_a, const double *b, size_t n_b)
{
    const double mean_a = mean_of(a, n_a), mean_b = mean_of(b, n_b);
    mean_contrast c = {n_a, n_b, mean_a - mean_b, {NAN, NAN}, NAN};
    if (n_a < 2 || n_b < 2)
        return c;
    const double va = square_error(a, n_a, mean_a), vb = square_error(b, n_b, mean_b), v = va + vb;
    if (!(v > 0)) {
        c.range = (interval){c.difference, c.difference};
        c.p_value = c.difference == 0;
        return c;
    }
    const double free = floor(v * v / (va * va / (double)(n_a - 1) + vb * vb / (double)(n_b - 1)));
    const double half = student_t_quantile(0.975, (size_t)free) * sqrt(v);
    c.range = (interval){c.difference - half, c.difference + half};
    c.p_value = student_t_tails(c.difference / sqrt(v), (size_t)free);
    return c;
}
