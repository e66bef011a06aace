/* comparison_tables.h - the tables of a comparison, for its documents. */
#ifndef COMPARE_COMPARISON_TABLES_H
#define COMPARE_COMPARISON_TABLES_H

#include "compare/comparison.h"
#include "report/document.h"

/* Which rows of a model. */
typedef enum comparison_choice {
    CHOICE_OVER_ALL,  // over all tests
    CHOICE_TESTS,     // of single tests
    CHOICE_CHANGED,   // of those, better and worse ones
    CHOICE_OTHERWISE, // of those, where not all tests together did alike
} comparison_choice;

/* Appends at most max_rows of them; is_long: with p-value, pairs and threshold.  Returns how many there are; of none
 * there is no table. */
size_t comparison_table(document *doc, const comparison *c, int subject, comparison_choice choice, bool is_long,
                        size_t max_rows);
size_t comparison_count_rows(const comparison *c, int subject, comparison_choice choice);
/* Appends the verdicts of a model's stress runs side by side; of none there is no table. */
void comparison_verdicts(document *doc, const comparison *c, int subject);
/* Appends all conditions that differ, the knob too; of none there is no table. */
void comparison_differences(document *doc, const comparison *c);

#endif
