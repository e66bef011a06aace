/* equality.h - answers to the same question: which belong together, and where they part.  Pure. */
#ifndef FIGURES_EQUALITY_H
#define FIGURES_EQUALITY_H

#include "figures/summary.h"

/* The completed answer among the summary's to the same prompt and seed, in that repetition; NULL. */
const summary_row *answer_partner(const run_summary *summary, const test_record *test, int repeat);

/* Of the answer's check of that name; CHECK_NOT_RUN if it has none. */
check_outcome answer_check(const test_record *test, const char *name);

/* Returns true if both have the same text, the same reasoning and, where both servers told them, the same tokens. */
bool answers_are_equal(const answer_record *a, const answer_record *b);

/* Returns true if it is there to be compared: an answer that a shared file tells of has no text. */
bool answer_is_known(const answer_record *a);

typedef struct answer_agreement {
    bool is_equal;           // as answers_are_equal
    bool by_tokens;          // positions are of tokens, because both servers told them; else of bytes, reasoning first
    size_t first_difference; // position; of answers that are equal: their length
    size_t length;           // of the longer one
} answer_agreement;

answer_agreement answer_agreement_of(const answer_record *a, const answer_record *b);

#endif
