/* equality.c - pairs of tests and their texts. */
#include "figures/equality.h"

#include <string.h>

static bool is_same_text(const char *a, size_t n_a, const char *b, size_t n_b)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a) == 0);
}

bool answers_are_equal(const answer_record *a, const answer_record *b)
{
    if (!is_same_text(a->text, a->n_text, b->text, b->n_text) ||
        !is_same_text(a->reasoning, a->n_reasoning, b->reasoning, b->n_reasoning))
        return false;
    if (a->token_ids == NULL || b->token_ids == NULL)
        return true;
    const size_t n_bytes = a->n_token_ids * sizeof *a->token_ids;
    return a->n_token_ids == b->n_token_ids && memcmp(a->token_ids, b->token_ids, n_bytes) == 0;
}

bool answer_is_known(const answer_record *a)
{
    return a->n_arrivals > 0;
}

static bool is_answer(const test_record *t, int subject, test_mode mode)
{
    return !t->is_warmup && t->subject == subject && t->mode == mode && t->answer.status == TEST_COMPLETED;
}

/* The answer to the same question in another mode; NULL. */
static const test_record *find_partner(const run_record *run, const test_record *test, test_mode mode)
{
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (is_answer(t, test->subject, mode) && t->index == test->index && t->repeat == test->repeat &&
            t->plan.seed == test->plan.seed)
            return t;
    }
    return NULL;
}

equality equality_of(const run_record *run, int subject, test_mode a, test_mode b)
{
    equality e = {0};
    for (size_t i = 0; i < run->n_tests; i++) {
        if (!is_answer(&run->tests[i], subject, a))
            continue;
        const test_record *const partner = find_partner(run, &run->tests[i], b);
        e.n_pairs += partner != NULL;
        e.n_equal += partner != NULL && answers_are_equal(&run->tests[i].answer, &partner->answer);
    }
    return e;
}
