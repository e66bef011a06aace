/* checks_words.c - checks that count words: terms that must occur or must not, a topic, a language, numbers, patterns.
 */
#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "quality/check.h"

enum { PATTERN_REPEATS_MAX = 64, PATTERN_STARS_MAX = 8, LINE_BYTES_MAX = 4096 };

/* ---- parts of an answer ----------------------------------------------------------------------------------------- */

bool view_is_in(const answer_view *v, size_t i, text_part part)
{
    const md_kind kind = v->words.items[i].kind;
    const size_t n = v->words.n;
    switch (part) {
    case PART_PROSE: return kind != MD_CODE;
    case PART_CODE: return kind == MD_CODE;
    case PART_HEADINGS: return kind == MD_HEADING;
    case PART_BEGINNING: return i < n / 4 || i < 40;
    case PART_MIDDLE: return i >= n / 8 && i < n - n / 8;
    case PART_END: return i >= n - n / 4 || i + 40 >= n;
    default: return true;
    }
}

size_t view_find(const answer_view *v, const term_group *group, text_part part, size_t from)
{
    for (size_t i = from; i < v->words.n; i++) {
        if (view_is_in(v, i, part) && term_group_at(group, &v->words, i) > 0)
            return i;
    }
    return v->words.n;
}

static bool has(const answer_view *v, const term_group *group, text_part part)
{
    return view_find(v, group, part, 0) < v->words.n;
}

/* How many of the groups occur; *missing is the first that does not. */
static int count_groups(const answer_view *v, const term_groups *groups, text_part part, const term_group **missing)
{
    int n = 0;
    *missing = NULL;
    for (size_t i = 0; i < groups->n; i++) {
        if (has(v, &groups->items[i], part))
            n++;
        else if (*missing == NULL)
            *missing = &groups->items[i];
    }
    return n;
}

void check_contains(const check *c, const answer_view *v, check_result *out)
{
    const term_group *missing;
    count_groups(v, &c->all, c->part, &missing);
    if (missing != NULL) {
        check_fail(out, "nothing says '%.100s'", missing->source);
        return;
    }
    for (size_t i = 0; i < c->none.n; i++) {
        if (has(v, &c->none.items[i], c->part)) {
            check_fail(out, "something says '%.100s'", c->none.items[i].source);
            return;
        }
    }
    const int n = count_groups(v, &c->any, c->part, &missing);
    if (c->any.n > 0 && n < c->at_least)
        check_fail(out, "%d of %zu terms, at least %d are wanted; one that is missing: '%.100s'", n, c->any.n,
                   c->at_least, missing != NULL ? missing->source : "");
    else
        check_pass(out, "%zu of %zu terms", c->all.n + (size_t)n, c->all.n + c->any.n);
}

/* ---- topic and language ----------------------------------------------------------------------------------------- */

/* Counts the words of the answer that belong to a group, and the groups that occur.  False when memory is short. */
static bool count_words(const answer_view *v, const term_groups *groups, text_part part, size_t *n_hits,
                        size_t *n_words, int *n_groups)
{
    *n_hits = *n_words = 0;
    *n_groups = 0;
    bool *const seen = arena_alloc(v->keep, groups->n * sizeof *seen);
    if (seen == NULL)
        return false;
    for (size_t i = 0; i < v->words.n; i++) {
        if (!view_is_in(v, i, part))
            continue;
        ++*n_words;
        for (size_t g = 0; g < groups->n; g++) {
            if (term_group_at(&groups->items[g], &v->words, i) == 0)
                continue;
            ++*n_hits;
            *n_groups += !seen[g];
            seen[g] = true;
            break;
        }
    }
    return true;
}

void check_topic(const check *c, const answer_view *v, check_result *out)
{
    size_t n_hits, n_words;
    int n_groups;
    if (!count_words(v, &c->any, PART_ALL, &n_hits, &n_words, &n_groups)) {
        out->failed = SW_ENOMEM;
        return;
    }
    const double share = n_words > 0 ? (double)n_hits / (double)n_words : 0;
    if (n_groups < c->at_least)
        check_fail(out, "%d words of the topic, at least %d are wanted", n_groups, c->at_least);
    else if (share < c->min)
        check_fail(out, "%.1f %% of the words belong to the topic, at least %.1f %% are wanted", 100 * share,
                   100 * c->min);
    else
        check_pass(out, "%.1f %% of the words belong to the topic", 100 * share);
}

void check_language(const check *c, const answer_view *v, check_result *out)
{
    size_t n_hits, n_words;
    int n_groups;
    if (!count_words(v, &c->any, PART_PROSE, &n_hits, &n_words, &n_groups)) {
        out->failed = SW_ENOMEM;
        return;
    }
    const double share = n_words > 0 ? (double)n_hits / (double)n_words : 0;
    if (share < c->min)
        check_fail(out, "%.1f %% of the words are common ones of the language, at least %.1f %% are wanted",
                   100 * share, 100 * c->min);
    else
        check_pass(out, "%.1f %% of the words are common ones of the language", 100 * share);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* The value of a word that is a number, in digits or as a small word; NAN. */
static double number_of(const word *w)
{
    static const char *const NAMES[] = {"zero", "one",   "two",   "three", "four", "five",
                                        "six",  "seven", "eight", "nine",  "ten"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(w->s, NAMES[i]) == 0)
            return (double)i;
    }
    char *end;
    const double x = isdigit((unsigned char)w->s[0]) ? strtod(w->s, &end) : NAN;
    return isnan(x) || *end != '\0' ? NAN : x;
}

/* Returns true if one of the units comes within the three words after i, and no other number before it. */
static bool has_unit(const check *c, const answer_view *v, size_t i)
{
    for (size_t k = i + 1; k < v->words.n && k <= i + 3 && isnan(number_of(&v->words.items[k])); k++) {
        for (size_t g = 0; g < c->any.n; g++) {
            if (term_group_at(&c->any.items[g], &v->words, k) > 0)
                return true;
        }
    }
    return c->any.n == 0;
}

void check_number(const check *c, const answer_view *v, check_result *out)
{
    double nearest = NAN;
    for (size_t i = 0; i < v->words.n; i++) {
        const double x = number_of(&v->words.items[i]);
        if (isnan(x) || !has_unit(c, v, i))
            continue;
        if (fabs(x - c->equals) <= c->tolerance) {
            check_pass(out, "%g", x);
            return;
        }
        nearest = isnan(nearest) || fabs(x - c->equals) < fabs(nearest - c->equals) ? x : nearest;
    }
    if (isnan(nearest))
        check_fail(out, "no such number, %g is wanted", c->equals);
    else
        check_fail(out, "%g is wanted, the nearest is %g", c->equals, nearest);
}

/* ---- patterns --------------------------------------------------------------------------------------------------- */

/* The larger bound of a repeat: 9 of "{2,9}". */
static long repeat_of(const char *brace)
{
    char *end;
    const long least = strtol(brace + 1, &end, 10);
    const long most = *end == ',' ? strtol(end + 1, NULL, 10) : least;
    return most > least ? most : least;
}

/* Patterns whose search could take more than a moment: repeats of repeats, large repeats, references back. */
static const char *danger_of(const char *pattern)
{
    int n_repeats = 0;
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            if (isdigit((unsigned char)p[1]))
                return "it refers back to a group";
            p++;
            continue;
        }
        if (strchr("*+{", *p) == NULL)
            continue;
        if (p > pattern && strchr(")}*+?", p[-1]) != NULL)
            return "it repeats a group or a repeat";
        if (*p == '{' && repeat_of(p) > PATTERN_REPEATS_MAX)
            return "it repeats too often";
        n_repeats++;
    }
    return n_repeats > PATTERN_STARS_MAX ? "it has too many repeats" : NULL;
}

bool check_regex_is_bounded(json_reader *r, const json_place *at, const check *c)
{
    const json_place place = {at, "pattern", 0};
    const char *const danger = danger_of(c->pattern);
    char reason[100];
    regex_t compiled;
    if (danger != NULL)
        return json_fail(r, &place, JSON_FAULT_RANGE, "the pattern '%.80s' is not taken: %s", c->pattern, danger);
    const int failed = regcomp(&compiled, c->pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (failed == 0) {
        regfree(&compiled);
        return true;
    }
    regerror(failed, &compiled, reason, sizeof reason);
    return json_fail(r, &place, JSON_FAULT_RANGE, "the pattern '%.80s' is not an extended regular expression: %s",
                     c->pattern, reason);
}

/* Line by line, with at most LINE_BYTES_MAX of each; -1 when memory is short. */
static int count_lines(const regex_t *pattern, const answer_view *v)
{
    int n = 0;
    for (size_t i = 0; i < v->blocks.n; i++) {
        const md_line *const l = &v->blocks.lines[i];
        const char *const line = arena_copy(v->keep, l->text, l->n < LINE_BYTES_MAX ? l->n : LINE_BYTES_MAX);
        if (line == NULL)
            return -1;
        n += regexec(pattern, line, 0, NULL, 0) == 0;
    }
    return n;
}

void check_regex(const check *c, const answer_view *v, check_result *out)
{
    regex_t pattern;
    if (regcomp(&pattern, c->pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0) {
        out->failed = SW_ENOMEM; // it was compiled before
        return;
    }
    const int n = count_lines(&pattern, v);
    regfree(&pattern);
    if (n < 0)
        out->failed = SW_ENOMEM;
    else if (n < c->at_least)
        check_fail(out, "%d lines fit the pattern, at least %d are wanted", n, c->at_least);
    else
        check_pass(out, "%d lines fit the pattern", n);
}
