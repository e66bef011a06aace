/* answer_sections.h - how fast the parts of long answers came: tokens per second of each SECTION_TOKENS.
 *
 * All answers that reach a section count in it, by their tokens over their time, so that a server that gets slower as
 * its context grows is seen, whatever the answers' lengths are.  A last part that is shorter counts nowhere.  Pure.
 */
#ifndef STRESS_ANSWER_SECTIONS_H
#define STRESS_ANSWER_SECTIONS_H

#include "figures/stress/stress_rows.h"

enum { SECTION_TOKENS = 250 };

typedef struct answer_section {
    size_t n_answers;
    double tps;         // tokens of all over the time of all
    double least, most; // of one answer
} answer_section;

/* Of the completed answers of these suites: section k is of tokens k * SECTION_TOKENS on, after the first moment.
 * Writes at most max; *n_out is how many there are.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code answer_sections_of(const stress_rows *rows, suite_names suites, answer_section *out, size_t max,
                                        size_t *n_out, sw_err *err);

#endif
