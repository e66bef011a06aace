/* served_position.c - lists are objects, from a token's text to its log-probability. */
#include "cmd/served_position.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The likeliest token of a list, or NULL. */
static const char *likeliest(const json_t *top, double *logprob_out)
{
    const char *found = NULL, *token;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)top, token, value)
    {
        if (json_is_number(value) && (found == NULL || json_number_value(value) > *logprob_out)) {
            found = token;
            *logprob_out = json_number_value(value);
        }
    }
    return found;
}

/* The log-probability of a token in a list; NAN: it is not there. */
static double logprob_of(const json_t *top, const char *token)
{
    const json_t *const value = json_object_get(top, token);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* How far a side puts its own choice above the other's; that is not in its list at all: as far as can be. */
static double gap_of(const json_t *top, const char *own, const char *other)
{
    const double gap = logprob_of(top, own) - logprob_of(top, other);
    return isnan(gap) ? INFINITY : gap;
}

logit_difference served_position(const json_t *top_a, const json_t *top_b, double next_a, double next_b)
{
    logit_difference d = {.max_difference = fabs(next_a - next_b)};
    double left_a = 1, left_b = 1, best_a = 0, best_b = 0;
    const char *token;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)top_a, token, value)
    {
        const double a = json_number_value(value), b = logprob_of(top_b, token);
        if (!json_is_number(value) || isnan(b))
            continue;
        d.kl += exp(a) * (a - b);
        left_a -= exp(a);
        left_b -= exp(b);
        d.max_difference = fmax(d.max_difference, fabs(a - b));
    }
    if (left_a > SERVED_TOLERANCE)
        d.kl += left_a * log(left_a / fmax(left_b, SERVED_TOLERANCE));
    d.kl = fmax(d.kl, 0);
    const char *const own_a = likeliest(top_a, &best_a), *const own_b = likeliest(top_b, &best_b);
    if (own_a != NULL && own_b != NULL && strcmp(own_a, own_b) != 0) {
        d.top_b = 1;
        d.top_gap = fmax(gap_of(top_a, own_a, own_b), gap_of(top_b, own_b, own_a));
    }
    d.is_equal = d.max_difference <= SERVED_TOLERANCE && (d.top_b == 0 || d.top_gap <= SERVED_TOLERANCE);
    return d;
}
