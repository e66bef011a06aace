/* gaps.c - arrivals to moments, moments to gaps. */
#include "figures/gaps.h"

#include <math.h>

// A client that cannot know the count of the first event gives none to any.
bool gaps_have_counts(const answer_record *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->n_arrivals; i++)
        sum += a->arrivals[i].n_tokens;
    return a->n_arrivals > 0 && a->arrivals[0].n_tokens > 0 &&
           (a->completion_tokens <= 0 || sum <= (double)a->completion_tokens);
}

// An event that added no token (the rest of a character) is a part of the next one.
size_t gaps_moments(const answer_record *a, weighted_value *out)
{
    const bool has_counts = gaps_have_counts(a);
    int64_t before = 0;
    size_t n = 0;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        const uint32_t n_tokens = has_counts ? a->arrivals[i].n_tokens : 1;
        if (n_tokens == 0)
            continue;
        if (n == 0 || a->arrivals[i].t_ns > before)
            out[n++] = (weighted_value){.value = (double)(a->arrivals[i].t_ns - before) / 1e6};
        out[n - 1].weight += n_tokens;
        before = a->arrivals[i].t_ns;
    }
    return n;
}

size_t gaps_per_token(const answer_record *a, weighted_value *out)
{
    const size_t n = gaps_moments(a, out);
    for (size_t i = 1; i < n; i++)
        out[i - 1] = (weighted_value){out[i].value / (double)out[i].weight, out[i].weight};
    return n > 0 ? n - 1 : 0;
}

size_t gaps_between_events(const answer_record *a, double *out)
{
    for (size_t i = 1; i < a->n_arrivals; i++)
        out[i - 1] = (double)(a->arrivals[i].t_ns - a->arrivals[i - 1].t_ns) / 1e6;
    return a->n_arrivals > 1 ? a->n_arrivals - 1 : 0;
}

/* The tokens of a moment share the gap before it. */
double gaps_time_of_part(const weighted_value *moments, size_t n, double begin, double end)
{
    double all = 0, before = 0, ms = 0;
    for (size_t i = 1; i < n; i++)
        all += (double)moments[i].weight;
    for (size_t i = 1; i < n; i++) {
        const double after = before + (double)moments[i].weight;
        const double inside = fmin(after, end * all) - fmax(before, begin * all);
        if (inside > 0)
            ms += moments[i].value * inside / (double)moments[i].weight;
        before = after;
    }
    return ms;
}
