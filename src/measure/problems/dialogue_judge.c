/* dialogue_judge.c - whether an answer holds what a turn asks for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problems/accepted_forms.h"
#include "problems/answer_words.h"
#include "problems/dialogue.h"

static sw_code judge_sum(const dialogue_turn *t, const char *text, size_t n, problem_outcome *out, sw_err *err)
{
    arena *const keep = arena_create();
    answer_words words;
    double value = 0;
    size_t n_clean = 0;
    const char *const clean = keep != NULL ? answer_clean(text, n, &n_clean, keep) : NULL;
    const bool ok = clean != NULL && answer_words_read(&words, clean, n_clean, keep);
    const bool has_result = ok && answer_result(&words, &value);
    *out = !has_result                                      ? PROBLEM_UNREADABLE
           : fabs(value - strtod(t->accepted, NULL)) < 1e-9 ? PROBLEM_RIGHT
                                                            : PROBLEM_WRONG;
    arena_free(keep);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory judging an answer");
}

/* "You first said red, but corrected it to blue": the old value comes first, and the answer says why. */
static bool says_corrected(const answer_words *a)
{
    bool says = false;
    for (size_t i = 0; i < a->n; i++)
        says |= answer_word_is(a, i, " correct corrected changed but now first instead actually ");
    return says;
}

/* Judges a text in which an old value comes before the right one. */
static sw_code judge_corrected(const accepted_forms *forms, const char *text, size_t n, problem_outcome *out,
                               sw_err *err)
{
    arena *const keep = arena_create();
    answer_words words;
    size_t n_clean = 0;
    const char *const clean = keep != NULL ? answer_clean(text, n, &n_clean, keep) : NULL;
    const bool ok = clean != NULL && answer_words_read(&words, clean, n_clean, keep);
    const bool is_corrected = ok && says_corrected(&words);
    arena_free(keep);
    if (!ok)
        return sw_fail(err, SW_ENOMEM, "out of memory judging an answer");
    accepted_forms without = *forms;
    without.n_rivals = 0;
    return is_corrected ? accepted_judge(&without, text, n, out, err) : SW_OK;
}

sw_code dialogue_judge(const dialogue_turn *turn, const char *text, size_t n, problem_outcome *out, sw_err *err)
{
    if (turn->kind == TURN_SUM || turn->kind == TURN_FOLLOW_UP)
        return judge_sum(turn, text, n, out, err);
    const char *const accepted[] = {turn->accepted};
    const accepted_forms forms = {turn->text, accepted, 1, turn->rivals, turn->n_rivals};
    const sw_code code = accepted_judge(&forms, text, n, out, err);
    return code == SW_OK && *out == PROBLEM_WRONG ? judge_corrected(&forms, text, n, out, err) : code;
}
