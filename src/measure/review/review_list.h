/* review_list.h - the answers that a person is asked about, and in which order.
 *
 * Each different answer once: of equal answers of a model to one test (repetitions, modes) the first.  Warm-ups,
 * answers that did not complete or are empty, and those of the mode `cold`, which ask for one token, are left out.
 * Pure.
 */
#ifndef REVIEW_REVIEW_LIST_H
#define REVIEW_REVIEW_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "results/record.h"
#include "spillway/error.h"

typedef struct review_choice {
    const char *test, *model; // only those of this name; NULL: all
    const char *reviewer;     // never NULL
    bool is_blind;            // in an order that says nothing of models: the same for a run and a reviewer
} review_choice;

typedef struct review_list {
    int *tests; // (n) positions in run_record.tests: test by test, model by model; owned
    size_t n;
} review_list;

/* Free *out with review_list_free, also after an error.  Errors: SW_ENOTFOUND (no such test, model or answer),
 * SW_ENOMEM.
 */
SW_NODISCARD sw_code review_list_of(const run_record *run, const review_choice *choice, review_list *out, sw_err *err);
void review_list_free(review_list *list);

#endif
