/* preservation_verdict.c - names, words, and the rule of the verdict. */
#include "figures/preservation_verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "figures/compare.h"
#include "figures/equal_sides.h"

enum { DISTINCT_MIN = 6 }; // of fewer pairs, exchanging them proves nothing: 2^-5 is 3 %, in both directions 6 %
static const double SIGNIFICANT = 0.05, MARK_MARGIN = 0.1, REPETITION_MARGIN = 0.02; // of compare's "same"

#define PRESERVATION_NAME(name, text, meaning)    text,
#define PRESERVATION_MEANING(name, text, meaning) meaning,

const char *preservation_name(preservation_kind kind)
{
    static const char *const NAMES[] = {PRESERVATION_TABLE(PRESERVATION_NAME)};
    return NAMES[kind];
}

const char *preservation_meaning(preservation_kind kind)
{
    static const char *const MEANINGS[] = {PRESERVATION_TABLE(PRESERVATION_MEANING)};
    return MEANINGS[kind];
}

const char *preservation_verdict_name(preservation_verdict verdict)
{
    static const char *const NAMES[] = {"identical", "no loss found",        "lost",
                                        "unclear",   "nothing was compared", "not measured"};
    return NAMES[verdict];
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* Appends; a reason that is cut is never cut inside a character. */
#define SAY(text, ...) say(text, sizeof text, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static void say(char *text, size_t size, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
    utf8_replace_invalid(text, strlen(text));
}

static void say_identical(preservation *p)
{
    const preserved_counts *const c = &p->all;
    const char *const by = c->n_by_tokens == c->n_pairs ? "token for token"
                           : c->n_by_tokens == 0        ? "byte for byte (tokens are not told)"
                                                        : "token for token where told, else byte for byte";
    SAY(p->words, "%d of %d answers %s", c->n_equal, c->n_pairs, by);
}

/* Figures that no pair has are left out. */
static void say_differences(preservation *p)
{
    const preserved_counts *const c = &p->all;
    const paired_change *const m = &p->mark;
    SAY(p->words, "%d of %d answers are equal", c->n_equal, c->n_pairs);
    if (m->is_equal)
        SAY(p->words, ", all marks are");
    else if (!isnan(m->difference))
        SAY(p->words, ", mark %+.2g", m->difference);
    if (!m->is_equal && !isnan(m->range.low))
        SAY(p->words, " (95 %%: %+.2g to %+.2g)", m->range.low, m->range.high);
    if (c->n_checks > 0)
        SAY(p->words, ", checks won %d, lost %d", c->n_won, c->n_lost);
    SAY(p->words, ", repetition %+.2g", p->repetition.difference);
}

/* What both servers expect of the same texts, token by token. */
static void say_forced(preservation *p)
{
    const forced_agreement *const f = &p->forced;
    if (f->is_equal)
        SAY(p->words, "; given the same texts, both expect the same: equal, %d positions", f->n_positions);
    else if (f->n_positions > 0)
        SAY(p->words, "; given the same texts, %d of %d positions have the same likeliest token", f->n_same,
            f->n_positions);
}

static void say_verdict(preservation *p)
{
    SAY(p->words, "%s: ", preservation_verdict_name(p->verdict));
    if (p->verdict == PRESERVED_NOT_MEASURED)
        SAY(p->words, "%s", p->why);
    else if (p->verdict == PRESERVED_SAME_SIDES)
        SAY(p->words, "%s; %d of %d answers are equal", p->why, p->all.n_equal, p->all.n_pairs);
    else if (p->verdict == PRESERVED_IDENTICAL)
        say_identical(p);
    else
        say_differences(p);
    if (p->verdict == PRESERVED_UNCLEAR)
        SAY(p->words, "; %s", p->why);
    say_forced(p);
}

/* ---- verdict ----------------------------------------------------------------------------------------------------- */

static const char *why_no_pairs(const run_record *run, const run_summary *modes, const preservation *p)
{
    const fact_record *const skipped = run_fact(run, -1, -1, FACT_REFERENCE_SKIPPED);
    if (p->kind == PRESERVES_REPEATED)
        return "no test was asked twice with one seed";
    if (p->kind == PRESERVES_STREAMED)
        return "no question was answered both streamed and whole";
    if (modes[MODE_REFERENCE].n_rows > 0)
        return "no question was answered on both sides";
    return skipped != NULL ? skipped->text : "the un-offloaded side was not asked";
}

/* Worse, beyond what is called the same, and not by chance. */
static bool is_worse(const paired_change *c, double direction, double margin, double p_value)
{
    const double near = fmin(direction * c->range.low, direction * c->range.high);
    const double far = fmax(direction * c->range.low, direction * c->range.high);
    return near > 0 && far > margin && p_value <= SIGNIFICANT;
}

static bool is_lost(const preservation *p, const double p_values[3])
{
    return (p->all.n_lost > p->all.n_won && p_values[0] <= SIGNIFICANT) ||
           is_worse(&p->mark, -1, MARK_MARGIN, p_values[1]) ||
           is_worse(&p->repetition, 1, REPETITION_MARGIN, p_values[2]);
}

static sw_code judge_differences(preservation *p, sw_err *err)
{
    double p_values[] = {p->checks_p_value, p->mark.p_value, p->repetition.p_value};
    const sw_code code = holm_correct(p_values, 3, err);
    p->verdict = PRESERVED_UNCLEAR;
    if (p->n_distinct < DISTINCT_MIN)
        SAY(p->why, "%zu different pair%s too few to judge by", p->n_distinct, p->n_distinct == 1 ? " is" : "s are");
    else if (is_lost(p, p_values))
        p->verdict = PRESERVED_LOST;
    else if (p->all.n_checks == 0)
        SAY(p->why, "no check ran on both sides");
    else
        p->verdict = PRESERVED_NO_LOSS;
    return code;
}

static void judge_sides(const run_record *run, int subject, const preserved_pair *pair, preservation *p)
{
    if (p->kind != PRESERVES_OFFLOADED && p->kind != PRESERVES_OFFLOADED_WHOLE)
        return;
    const int a = pair->a->test->server, b = pair->b->test->server;
    if (sides_are_equal(run, subject, a, b))
        SAY(p->why, "both servers had their experts %s", sides_experts_place(run, subject, a));
    else
        p->forced = forced_agreement_of(run, subject, a, b);
}

sw_code preservation_judge(const run_record *run, int subject, const run_summary *modes, const preserved_pair *pairs,
                           preservation *p, sw_err *err)
{
    sw_code code = SW_OK;
    if (p->all.n_pairs == 0)
        SAY(p->why, "%s", why_no_pairs(run, modes, p));
    else
        judge_sides(run, subject, pairs, p);
    if (p->why[0] != '\0')
        p->verdict = p->all.n_pairs == 0 ? PRESERVED_NOT_MEASURED : PRESERVED_SAME_SIDES;
    else if (p->all.n_equal == p->all.n_pairs)
        p->verdict = PRESERVED_IDENTICAL;
    else
        code = judge_differences(p, err);
    say_verdict(p);
    return code;
}
