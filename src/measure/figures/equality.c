/* equality.c - partners by index, repetition and seed; where answers part, by tokens if both sides told them. */
#include "figures/equality.h"

#include <string.h>

const summary_row *answer_partner(const run_summary *summary, const test_record *test, int repeat)
{
    for (size_t i = 0; i < summary->n_rows; i++) {
        const test_record *const t = summary->rows[i].test;
        if (t->answer.status == TEST_COMPLETED && t->index == test->index && t->repeat == repeat &&
            t->plan.seed == test->plan.seed)
            return &summary->rows[i];
    }
    return NULL;
}

check_outcome answer_check(const test_record *test, const char *name)
{
    for (size_t i = 0; i < test->n_checks; i++) {
        if (strcmp(test->checks[i].name, name) == 0)
            return test->checks[i].outcome;
    }
    return CHECK_NOT_RUN;
}

bool answer_is_known(const answer_record *a)
{
    return a->n_arrivals > 0 || a->n_text > 0 || a->n_reasoning > 0;
}

/* ---- where they part --------------------------------------------------------------------------------------------- */

static size_t common_tokens(const answer_record *a, const answer_record *b)
{
    size_t i = 0;
    while (i < a->n_token_ids && i < b->n_token_ids && a->token_ids[i] == b->token_ids[i])
        i++;
    return i;
}

static size_t common_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t i = 0;
    while (i < n_a && i < n_b && a[i] == b[i])
        i++;
    return i;
}

static size_t longer(size_t a, size_t b)
{
    return a > b ? a : b;
}

static answer_agreement agreement_of_texts(const answer_record *a, const answer_record *b)
{
    const size_t reasoning = common_bytes(a->reasoning, a->n_reasoning, b->reasoning, b->n_reasoning);
    const size_t text = common_bytes(a->text, a->n_text, b->text, b->n_text);
    const bool same_reasoning = reasoning == a->n_reasoning && reasoning == b->n_reasoning;
    return (answer_agreement){.is_equal = same_reasoning && text == a->n_text && text == b->n_text,
                              .first_difference = reasoning + (same_reasoning ? text : 0),
                              .length = longer(a->n_reasoning + a->n_text, b->n_reasoning + b->n_text)};
}

answer_agreement answer_agreement_of(const answer_record *a, const answer_record *b)
{
    const answer_agreement texts = agreement_of_texts(a, b);
    if (a->token_ids == NULL || b->token_ids == NULL)
        return texts;
    const size_t n = common_tokens(a, b);
    return (answer_agreement){.is_equal = texts.is_equal && n == a->n_token_ids && n == b->n_token_ids,
                              .by_tokens = true,
                              .first_difference = n,
                              .length = longer(a->n_token_ids, b->n_token_ids)};
}

bool answers_are_equal(const answer_record *a, const answer_record *b)
{
    return answer_agreement_of(a, b).is_equal;
}
