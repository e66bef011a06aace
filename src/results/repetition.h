/* repetition.h - does a text go round in circles?
 *
 * A model that was damaged by a wrong kernel, a wrong placement or too much heat often still writes fluent words, but
 * the same ones.  `score` is the share of repeated word triples, the figure that earlier benchmarks of offloaded models
 * published; it is kept exactly, because numbers are compared with it.  It is blind to loops that start late, to text
 * without spaces and to repeated lines, so the other members stand beside it, and the verdict uses them.
 */
#ifndef SW_REPETITION_H
#define SW_REPETITION_H

#include <stddef.h>

#include "spillway/error.h"

/* What kind of text a test asks for: code and lists repeat themselves by nature. */
typedef enum sw_text_form { SW_FORM_PROSE, SW_FORM_CODE, SW_FORM_LIST } sw_text_form;

const char *sw_text_form_name(sw_text_form form);
/* The form with that name, or -1. */
int sw_text_form_from_name(const char *name);

typedef enum sw_repetition_verdict {
    SW_REPETITION_NONE,
    SW_REPETITION_SUSPICIOUS,
    SW_REPETITION_DEGENERATE
} sw_repetition_verdict;

const char *sw_repetition_verdict_name(sw_repetition_verdict verdict);

/* The text ends in `repeats` copies of the same `period` words. */
typedef struct sw_tail_loop {
    size_t period;  // words; 0: no loop
    size_t repeats; // whole copies
    size_t span;    // words in the loop, all copies together
} sw_tail_loop;

typedef struct sw_repetition {
    double score;           // repeated triples of words / all triples, 0 .. 1
    double score_units;     // the same, where each character of an unspaced script is a word of its own
    double window_max;      // the highest score of any 200 words in a row
    size_t line_repeat_max; // longest run of equal lines (blank lines and outer spaces aside)
    sw_tail_loop tail_loop;
    sw_repetition_verdict verdict;
} sw_repetition;

/* Any bytes; invalid UTF-8 counts as letters.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code sw_repetition_of(const char *text, size_t n_bytes, sw_text_form form, sw_repetition *out,
                                      sw_err *err);

#endif
