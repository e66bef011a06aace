/* content.c - the rubric of content.h. */
#include "figures/content.h"

#include <math.h>
#include <string.h>

const char CONTENT_RUBRIC[] =
    "1 + 4 x (weight of the checks that passed / weight of those that ran), rounded to halves; 2 less when the answer "
    "repeats itself (degenerate); at most 2 when it is cut short, empty or loops";

static const double MARK_MIN = 1, CUT_MARK_MAX = 2;

/* Returns true if a check of that kind failed; "complete" and "no_loop" find what the rubric lowers. */
static bool has_failed(const test_record *test, const char *kind)
{
    for (size_t i = 0; i < test->n_checks; i++) {
        if (test->checks[i].outcome == CHECK_FAILED && strcmp(test->checks[i].kind, kind) == 0)
            return true;
    }
    return false;
}

static bool is_empty(const answer_record *answer)
{
    return answer->text == NULL || answer->text[strspn(answer->text, " \t\r\n")] == '\0';
}

/* Why the mark is at most CUT_MARK_MAX, or NULL. */
static const char *cap_reason(const test_record *test, const repetition_score *repetition)
{
    const char *const finish = test->answer.finish_reason;
    if (is_empty(&test->answer))
        return "empty: at most 2";
    if (repetition->tail_loop.period > 0 || has_failed(test, "no_loop"))
        return "loops: at most 2";
    if ((finish != NULL && strcmp(finish, "length") == 0) || has_failed(test, "complete"))
        return "cut short: at most 2";
    return NULL;
}

static void count_check(content_score *score, const check_record *check)
{
    const bool is_run = check->outcome != CHECK_NOT_RUN;
    const bool is_passed = check->outcome == CHECK_PASSED;
    score->n_checks++;
    score->n_run += is_run;
    score->n_passed += is_passed;
    score->n_technical_run += is_run && check->is_technical;
    score->n_technical_passed += is_passed && check->is_technical;
}

content_score content_score_of(const test_record *test, const repetition_score *repetition)
{
    content_score score = {.mark = NAN};
    double passed = 0, all = 0;
    for (size_t i = 0; i < test->n_checks; i++) {
        const check_record *const check = &test->checks[i];
        count_check(&score, check);
        all += check->outcome == CHECK_NOT_RUN ? 0 : check->weight;
        passed += check->outcome == CHECK_PASSED ? check->weight : 0;
    }
    if (!(all > 0))
        return score;
    score.mark = round(2 * (1 + 4 * passed / all)) / 2;
    if (repetition->verdict == REPETITION_DEGENERATE) {
        score.mark -= 2;
        score.lowered = "repeats itself: 2 less";
    }
    const char *const cap = cap_reason(test, repetition);
    if (cap != NULL && score.mark > CUT_MARK_MAX) {
        score.mark = CUT_MARK_MAX;
        score.lowered = cap;
    }
    score.mark = score.mark < MARK_MIN ? MARK_MIN : score.mark;
    return score;
}
