/* equality.h - whether two ways of asking gave the same answers.  Pure. */
#ifndef FIGURES_EQUALITY_H
#define FIGURES_EQUALITY_H

#include "results/record.h"

/* Returns true if both have the same text, the same reasoning and, where both servers told them, the same tokens. */
bool answers_are_equal(const answer_record *a, const answer_record *b);

/* Returns true if it is there to be compared: an answer that a shared file tells of has no text. */
bool answer_is_known(const answer_record *a);

typedef struct equality {
    int n_equal, n_pairs;
} equality;

/* Of the completed answers of a model to the same prompt, repetition and seed in two modes. */
equality equality_of(const run_record *run, int subject, test_mode a, test_mode b);

#endif
