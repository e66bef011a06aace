/* checks_jugs.c - the answer to "3-gallon and 5-gallon jugs, measure 4 gallons", carried out step by step.
 *
 * The steps are found as verbs (fill, pour, empty) with the jugs that belong to them; what an answer says between them
 * is compared with the state where it is a plain statement of amounts.  Any sequence that brings exactly four gallons
 * into a jug is right.  An answer that writes down what the jugs hold after each step is right by that alone, whatever
 * its verbs are (jug_states.h).  Filling a full jug and pouring from an empty one change nothing, so that a heading and
 * the sentence under it may name the same step.
 */
#include <stdio.h>
#include <string.h>

#include "quality/check.h"
#include "quality/jug_states.h"
#include "quality/jug_steps.h"

enum { GOAL = 4, STEPS_WANTED = 3 };

/* ---- statements of amounts -------------------------------------------------------------------------------------- */

/* "leaving 2 gallons in the 5-gallon jug": compares it with the state, in words first .. end. */
static void compare_amounts(jugs *j, size_t first, size_t end)
{
    for (size_t i = first + 1; i < end; i++) {
        const int value = jug_words_value(&j->text, i);
        if (value < 0 || !jug_words_has(&j->text, i + 1, " gallons gallon "))
            continue;
        const bool is_plain = jug_words_has(&j->text, i - 1, " leaving leaves leave ") ||
                              (i > first + 1 && jug_words_has(&j->text, i - 1, " exactly with ") &&
                               jug_words_has(&j->text, i - 2, " leaving leaves leave left "));
        size_t k = i + 2;
        while (k < end && k < i + 5 && !jug_words_has(&j->text, k, " in inside "))
            k++;
        for (size_t m = k + 1; is_plain && m < end && m < k + 4; m++) {
            const int jug = jug_words_jug(&j->text, m, false);
            if (jug == NO_JUG)
                continue;
            if (j->amount[jug] != value && j->wrong_at == j->text.n) {
                j->wrong_at = i;
                j->wrong_amount = value;
                j->true_amount = j->amount[jug];
            }
            break;
        }
    }
}

/* ---- the whole answer ------------------------------------------------------------------------------------------- */

static void name_last(jugs *j, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const int jug = jug_words_jug(&j->text, i, false);
        j->last = jug != NO_JUG ? jug : j->last;
    }
}

static void carry_out_sentence(jugs *j, size_t first, size_t end)
{
    const int n_before = j->n_steps;
    for (size_t i = first; i < end;) {
        const jug_verb what = jug_words_verb(&j->text, i);
        const bool is_purpose = i > first && jug_words_has(&j->text, i - 1, " to ") && j->n_steps > n_before;
        if (what == JUG_NONE || is_purpose) {
            name_last(j, i, i + 1);
            i++;
            continue;
        }
        if (what == JUG_USE) {
            i = jug_steps_use(j, i, end);
            continue;
        }
        const size_t clause = jug_steps_clause_end(j, i);
        const jug_parts p = jug_steps_read_clause(j, i, clause);
        j->step = p.object != NO_JUG || p.from != NO_JUG || p.into != NO_JUG ? i : j->step;
        jug_steps_carry_out(j, what, &p, clause);
        i = clause;
        if (j->amount[LARGE_JUG] == GOAL)
            break;
    }
    if (j->n_steps > 0)
        compare_amounts(j, first, end);
    j->is_solved = j->amount[LARGE_JUG] == GOAL;
}

/* Where the steps begin, if the answer numbers them: what comes before is talk. */
static unsigned first_step_line(const answer_view *v)
{
    int n = 0;
    unsigned first = 0;
    for (size_t i = v->blocks.n; i > 0; i--) {
        const int step = view_step_of(&v->blocks.lines[i - 1]);
        n += step > 0;
        first = step == 1 ? (unsigned)(i - 1) : first;
    }
    return n >= STEPS_WANTED ? first : 0;
}

/* A list that begins again tells the steps again. */
static void start_again(jugs *j, unsigned line, unsigned *seen)
{
    for (; *seen <= line && *seen < j->v->blocks.n; ++*seen) {
        const md_line *const l = &j->v->blocks.lines[*seen];
        if (view_step_of(l) == 1 && (l->kind == MD_HEADING || l->level == 0)) {
            j->amount[SMALL_JUG] = j->amount[LARGE_JUG] = 0;
            j->wrong_at = j->text.n;
        }
    }
}

/* Returns true if sentences under the heading at word i say what to do: then the heading is only their title. */
static bool is_title(const jugs *j, size_t i)
{
    if (j->text.w[i].kind != MD_HEADING)
        return false;
    while (i < j->text.n && j->text.w[i].kind == MD_HEADING)
        i++;
    for (; i < j->text.n && j->text.w[i].kind != MD_HEADING; i++) {
        if (jug_words_verb(&j->text, i) == JUG_NONE)
            continue;
        for (size_t k = i + 1; k < j->text.n && k < i + 12 && j->text.w[k].sentence == j->text.w[i].sentence; k++) {
            if (jug_words_jug(&j->text, k, false) != NO_JUG || jug_words_has(&j->text, k, " it "))
                return true;
        }
    }
    return false;
}

static void carry_out_all(jugs *j)
{
    unsigned seen = first_step_line(j->v);
    const unsigned first_line = seen;
    for (size_t i = 0; i < j->text.n && !j->is_solved;) {
        size_t end = i + 1;
        while (end < j->text.n && j->text.w[end].sentence == j->text.w[i].sentence)
            end++;
        if (j->text.w[i].line >= first_line) {
            start_again(j, j->text.w[i].line, &seen);
            if (is_title(j, i))
                name_last(j, i, end);
            else
                carry_out_sentence(j, i, end);
        }
        i = end;
    }
}

/* The words of a step, for the reader of a detail. */
static void quote_step(const jugs *j, size_t at, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = at; i < j->text.n && i < at + 14 && j->text.w[i].sentence == j->text.w[at].sentence; i++) {
        if (used + j->text.w[i].n + 2 > size)
            return;
        used += (size_t)sprintf(out + used, "%s%s", used > 0 ? " " : "", j->text.w[i].s);
    }
}

void check_jugs(const check *c, const answer_view *v, check_result *out)
{
    (void)c;
    jugs j = {.v = v, .text = {.w = v->words.items, .n = v->words.n}, .last = NO_JUG, .wrong_at = v->words.n};
    char step[160];
    if (jug_states_lead_to_four(&v->blocks)) {
        check_pass(out, "what the jugs are said to hold leads to four gallons, move by move");
        return;
    }
    jug_words_learn(&j.text);
    carry_out_all(&j);
    quote_step(&j, j.wrong_at < j.text.n ? j.wrong_at : j.step, step, sizeof step);
    if (j.n_steps == 0)
        check_fail(out, "the answer has no step that fills, pours or empties a jug");
    else if (j.wrong_at < j.text.n)
        check_fail(out, "'%s': it is %d, not %d", step, j.true_amount, j.wrong_amount);
    else if (!j.is_solved)
        check_fail(out, "after '%s' the 3-gallon jug holds %d and the 5-gallon jug %d: there are never 4", step,
                   j.amount[SMALL_JUG], j.amount[LARGE_JUG]);
    else
        check_pass(out, "four gallons after '%s'", step);
}
