/* review_auto.h - what the program itself says of an answer, in a few words: times, which a person sees before scoring,
 * and checks, which are shown after.  Plain text; what comes from a protocol is not escaped.
 */
#ifndef REVIEW_REVIEW_AUTO_H
#define REVIEW_REVIEW_AUTO_H

#include "base/buf.h"
#include "figures/analysis.h"

/* "first word after 0.84 s, complete after 12.1 s". */
void review_put_times(char *out, size_t size, const run_analysis *a, const test_record *test);
/* "automatic: mark 4.5 of 5; checks 7/8; technical 3/3; repetition 0.012 (none); failed: names a limit". */
void review_put_automatic(buf *out, const run_analysis *a, const test_record *test);

#endif
