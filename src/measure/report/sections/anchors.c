/* anchors.c - formats; counts from 1. */
#include "report/sections/anchors.h"

#include <stdio.h>

anchor anchor_model(int subject)
{
    anchor a;
    snprintf(a.text, sizeof a.text, "model-%d", subject + 1);
    return a;
}

anchor anchor_part(int subject, const char *part)
{
    anchor a;
    snprintf(a.text, sizeof a.text, "model-%d-%s", subject + 1, part);
    return a;
}

anchor anchor_of_mode(const char *what, int subject, test_mode mode)
{
    anchor a;
    snprintf(a.text, sizeof a.text, "%s-%d-%s", what, subject + 1, test_mode_name(mode));
    return a;
}

/* How many requests of the same test came before it. */
static int count_before(const run_record *run, const test_record *test)
{
    int n = 0;
    for (const test_record *t = run->tests; t < test; t++)
        n += !t->is_warmup && t->mode == test->mode && t->subject == test->subject && t->index == test->index &&
             t->repeat == test->repeat;
    return n;
}

anchor anchor_of_test(const char *what, const run_record *run, const test_record *test)
{
    anchor a;
    const int n = snprintf(a.text, sizeof a.text, "%s-%d-%s-%d-%d", what, test->subject + 1, test_mode_name(test->mode),
                           test->index + 1, test->repeat + 1);
    if (test->mode == MODE_SWEEP && n > 0 && (size_t)n < sizeof a.text)
        snprintf(a.text + n, sizeof a.text - (size_t)n, "-%d", count_before(run, test) + 1);
    return a;
}

anchor anchor_criterion(int subject, const char *id)
{
    anchor a;
    snprintf(a.text, sizeof a.text, "criterion-%d-%s", subject + 1, id);
    return a;
}
