/* review_line.h - what a person types about an answer, as one line:
 *
 *   4 5 3              content, accuracy, responsiveness; "-" for one that is not given, and later ones may be missing
 *   4 - 3 r w          with flags: r repetition, w wrong, c cut, o odd
 *   45 w: the second step is impossible         with a note, which begins after a colon
 *   o: all in capitals                          scores may be missing
 *
 * Pure.
 */
#ifndef REVIEW_REVIEW_LINE_H
#define REVIEW_REVIEW_LINE_H

#include "base/buf.h"
#include "results/record.h"
#include "spillway/error.h"

/* Fills scores, flags and note of *out, whose note is in `line`; the rest stays as it was.  Errors: SW_EINVAL,
 * SW_ELIMIT name what is wrong. */
SW_NODISCARD sw_code review_line_read(const char *line, review_record *out, sw_err *err);

/* Appends the line that gives these scores, flags and note. */
void review_line_put(buf *out, const review_record *review);

/* How a line is written, for a reader; one line of at most 79 columns. */
extern const char REVIEW_LINE_HELP[];

#endif
