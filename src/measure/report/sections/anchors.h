/* anchors.h - the places of a report that figures lead to.  They are numbers and the project's own words, no names, and
 * the same in every report of the run.
 *
 * An anchor is a value: `doc_lead(doc, anchor_of_mode("modes", 0, MODE_STREAM).text)`.
 */
#ifndef REPORT_ANCHORS_H
#define REPORT_ANCHORS_H

#include "report/linked_text.h"
#include "results/record.h"

typedef struct anchor {
    char text[ANCHOR_BYTES];
} anchor;

/* "model-2" is the section of the second model, "model-2-memory" a table or row in it. */
anchor anchor_model(int subject);
anchor anchor_part(int subject, const char *part);
/* "modes-2-stream": the row of all tests of the mode, and "tests-2-stream": the table of them. */
anchor anchor_of_mode(const char *what, int subject, test_mode mode);
/* "test-2-stream-3-1": the row of the model's third test, first repetition; "answer-..." its answer, "events-..." when
 * its pieces came.  A sweep has a number more, since it asks a test once for each value. */
anchor anchor_of_test(const char *what, const run_record *run, const test_record *test);
/* "criterion-2-no-loops": of one model, -1: of all. */
anchor anchor_criterion(int subject, const char *id);

#endif
