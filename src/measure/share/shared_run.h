/* shared_run.h - a shared file as a run with its figures, so that it can be compared like a stored one.
 *
 * The figures of its answers are those of the file and are not computed; there are no arrivals, texts and checks. Tests
 * are called by their number in the protocol: "test 3" is the third.
 */
#ifndef SHARE_SHARED_RUN_H
#define SHARE_SHARED_RUN_H

#include "share/share.h"

/* Answers of a file that is made a run, those that did not complete included. */
enum { SHARED_ANSWERS_MAX = 100000 };

/* The views in *run and *out are into `file`.  Free *run with run_record_free and *out with run_analysis_free, also
 * after an error.  Errors: SW_ELIMIT (more answers than SHARED_ANSWERS_MAX), SW_ENOMEM. */
SW_NODISCARD sw_code shared_run_of(const share_file *file, run_record **run, run_analysis *out, sw_err *err);

/* When the run of the file began; 0 if it does not say so. */
int64_t shared_run_began(const share_file *file);

/* Makes what a stored run would be after it was shared.  Free *out with share_free.  Errors: those of share_write. */
SW_NODISCARD sw_code shared_again(const run_analysis *analysis, share_file **out, sw_err *err);

#endif
