/* reading.h - what a reader sees of an answer: when its first word and its first sentence are there, and how much of it
 * comes later than a person reads.
 *
 * Words are runs of characters between white space, of the answer without its reasoning.  Word i of n is late if it is
 * whole only after i * 60 / READING_WORDS_PER_MINUTE seconds since the request: a reader of that speed, who began with
 * the request, had to wait for it.  An answer that comes as one document is there at its end.  Pure.
 */
#ifndef FIGURES_READING_H
#define FIGURES_READING_H

#include "figures/summary.h"

enum { READING_WORDS_PER_MINUTE = 250 };

/* Of one answer.  Times are NAN if it has no word, or does not say when its text came. */
typedef struct answer_reading {
    double first_word_ms;     // until the first word is whole
    double first_sentence_ms; // until the first end of a sentence or line; without one, of the answer
    size_t n_words, n_late;
} answer_reading;

answer_reading answer_reading_of(const answer_record *answer);

/* Of one model in one mode: the answers that completed. */
typedef struct reading_figures {
    size_t n_answers;                        // that have words and times
    double first_word_ms, first_sentence_ms; // medians; NAN of none
    double late_share;                       // late words of all answers / words of all answers; NAN of none
} reading_figures;

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code reading_figures_of(const run_summary *summary, reading_figures *out, sw_err *err);

#endif
