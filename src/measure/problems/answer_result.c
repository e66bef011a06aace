/* answer_result.c - what an answer's numbers say: its result, its steps, and sums that are not true. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "problems/answer_words.h"

size_t answer_sentence_end(const answer_words *a, size_t i)
{
    size_t end = i;
    while (end < a->n && a->items[end].sentence == a->items[i].sentence)
        end++;
    return end;
}

bool answer_word_is(const answer_words *a, size_t i, const char *list)
{
    if (i >= a->n || a->items[i].kind != ANSWER_WORD || strlen(a->items[i].s) > 30)
        return false;
    char key[40];
    snprintf(key, sizeof key, " %s ", a->items[i].s);
    return strstr(list, key) != NULL;
}

static bool is_sign(const answer_words *a, size_t i, const char *signs)
{
    return i < a->n && a->items[i].kind == ANSWER_SIGN && strchr(signs, a->items[i].sign) != NULL;
}

static bool is_number(const answer_words *a, size_t i)
{
    return i < a->n && a->items[i].kind == ANSWER_NUMBER;
}

/* The first number in first .. end, digits before words; `end` if there is none. */
static size_t first_number(const answer_words *a, size_t first, size_t end)
{
    size_t spelled = end;
    for (size_t i = first; i < end; i++) {
        if (!is_number(a, i))
            continue;
        if (!a->items[i].is_spelled)
            return i;
        spelled = spelled == end ? i : spelled;
    }
    return spelled;
}

static size_t last_number(const answer_words *a, size_t first, size_t end)
{
    size_t spelled = end;
    for (size_t i = end; i > first; i--) {
        if (!is_number(a, i - 1))
            continue;
        if (!a->items[i - 1].is_spelled)
            return i - 1;
        spelled = spelled == end ? i - 1 : spelled;
    }
    return spelled;
}

/* ---- the result ------------------------------------------------------------------------------------------------- */

static const char LINKS[] =
    " is are equals equal makes make gives get gets have has had leaves remain remains be become "
    "becomes was were to total costs cost holds need needs takes ";

/* What follows the last "=", or what is before it if a sum follows: "42 = 17 + 25". */
static size_t by_equals(const answer_words *a, size_t first, size_t end)
{
    for (size_t i = end; i > first; i--) {
        if (!is_sign(a, i - 1, "="))
            continue;
        const size_t after = first_number(a, i, end);
        const bool is_sum = after < end && is_sign(a, after + 1, "+-*/") && is_number(a, after + 2);
        const size_t before = is_sum ? last_number(a, first, i - 1) : end;
        return is_sum && before < i - 1 ? before : after;
    }
    return end;
}

/* What follows the last verb that has a number after it; "42 is the sum of ..." begins with its result. */
static size_t by_link(const answer_words *a, size_t first, size_t end)
{
    if (is_number(a, first) && answer_word_is(a, first + 1, " is are "))
        return first;
    for (size_t i = last_number(a, first, end); i > first; i--) {
        if (answer_word_is(a, i - 1, LINKS))
            return first_number(a, i, end);
    }
    return end;
}

static size_t pick(const answer_words *a, size_t first, size_t end)
{
    size_t at = by_equals(a, first, end);
    at = at < end ? at : by_link(a, first, end);
    return at < end ? at : last_number(a, first, end);
}

/* The place after the last word of `list` that has a number after it, in its sentence or alone before the next; n. *end
 * is the end of the sentence with the number. */
static size_t last_cue(const answer_words *a, const char *list, size_t *end)
{
    bool has_number = false, next_has_number = false; // the sentence from here on; the one after it
    size_t next_end = a->n;
    *end = a->n;
    for (size_t i = a->n; i > 0; i--) {
        if (i < a->n && a->items[i - 1].sentence != a->items[i].sentence) {
            next_has_number = has_number;
            next_end = *end;
            has_number = false;
            *end = i;
        }
        const bool is_alone = *end == i + (is_sign(a, i, ":") ? 1U : 0U);
        if ((has_number || (is_alone && next_has_number)) && answer_word_is(a, i - 1, list)) {
            *end = has_number ? *end : next_end;
            return i;
        }
        has_number |= is_number(a, i - 1);
    }
    return a->n;
}

bool answer_result(const answer_words *a, double *out)
{
    size_t end = a->n;
    size_t at = last_cue(a, " boxed ", &end);
    if (at < a->n) {
        *out = a->items[first_number(a, at, end)].value;
        return true;
    }
    at = last_cue(a, " answer answers result final ", &end);
    if (at < a->n) {
        *out = a->items[pick(a, at, end)].value;
        return true;
    }
    const size_t number = last_number(a, 0, a->n);
    if (number == a->n)
        return false;
    size_t first = number;
    while (first > 0 && a->items[first - 1].sentence == a->items[number].sentence)
        first--;
    *out = a->items[pick(a, first, answer_sentence_end(a, number))].value;
    return true;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * (1 + fabs(b));
}

int answer_count_values(const answer_words *a, const double *values, int n)
{
    int found = 0;
    size_t from = 0;
    for (int k = 0; k < n; k++) {
        size_t i = from;
        while (i < a->n && !(is_number(a, i) && is_near(a->items[i].value, values[k])))
            i++;
        if (i == a->n)
            continue;
        found++;
        from = i + 1;
    }
    return found;
}

/* Skips up to two words after a number: "3 boxes of". */
static size_t after_unit(const answer_words *a, size_t i)
{
    size_t k = i;
    while (k < a->n && k < i + 2 && a->items[k].kind == ANSWER_WORD && a->items[k].sentence == a->items[i].sentence)
        k++;
    return is_sign(a, k, "+-*/=") && a->items[k].sentence == a->items[i - 1].sentence ? k : i;
}

/* Reads "a + b * c = d" at number i; returns 1 if it is a sum that is not true.  *next: where to go on. */
static int is_false_sum(const answer_words *a, size_t i, size_t *next)
{
    double sum = 0, product = a->items[i].value, sign = 1;
    size_t at = after_unit(a, i + 1);
    int n_signs = 0;
    *next = i + 1;
    while (is_sign(a, at, "+-*/") && is_number(a, at + 1)) {
        const char op = a->items[at].sign;
        const double value = a->items[at + 1].value;
        if (op == '+' || op == '-') {
            sum += sign * product;
            sign = op == '+' ? 1 : -1;
            product = value;
        } else {
            product = op == '*' ? product * value : product / value;
        }
        n_signs++;
        at = after_unit(a, at + 2);
    }
    sum += sign * product;
    if (n_signs == 0 || !is_sign(a, at, "=") || !is_number(a, at + 1) || is_sign(a, at + 2, "%"))
        return 0;
    *next = at + 1;
    const double value = a->items[at + 1].value;
    return isfinite(sum) && fabs(value - sum) > 1e-6 + (value != floor(value) ? 0.01 : 1e-9) * (1 + fabs(sum));
}

int answer_count_false_sums(const answer_words *a)
{
    int n = 0;
    for (size_t i = 0; i < a->n;) {
        size_t next = i + 1;
        if (is_number(a, i) && !(i > 0 && is_sign(a, i - 1, "+-*/)(%")))
            n += is_false_sum(a, i, &next);
        i = next;
    }
    return n;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* The words that `name` takes at place i; 0: it is not there. */
static size_t name_at(const answer_words *a, size_t i, size_t end, const char *name)
{
    size_t n = 0;
    while (*name != '\0') {
        const size_t length = strcspn(name, " ");
        if (i + n >= end || strncmp(a->items[i + n].s, name, length) != 0)
            return 0;
        const char *const rest = a->items[i + n].s + length; // "Ada's", and "goats" for "goat"
        if (rest[0] != '\0' && strcmp(rest, "'s") != 0 && strcmp(rest, "\xe2\x80\x99s") != 0 && strcmp(rest, "s") != 0)
            return 0;
        n++;
        name += length + (name[length] == ' ');
    }
    return n;
}

unsigned answer_names(const answer_words *a, size_t first, size_t end, const char *const *names, int n)
{
    unsigned found = 0;
    for (size_t i = first; i < end; i++) {
        for (int k = 0; k < n; k++)
            found |= name_at(a, i, end, names[k]) > 0 ? 1U << k : 0;
    }
    return found;
}
