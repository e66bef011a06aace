/* review_parts.h - how a file of reviews names the run and its tests, for its writer, its reader and the page. */
#ifndef REVIEW_REVIEW_PARTS_H
#define REVIEW_REVIEW_PARTS_H

#include <jansson.h>

#include "results/record.h"

/* New references; NULL when memory is short. */
json_t *review_json_of_run(const run_record *run);
/* The members that name a test, without what is said of it. */
json_t *review_json_of_test(const test_record *test);
/* Scores, flags, note and time, without the reviewer. */
json_t *review_json_of_scores(const review_record *review);

#endif
