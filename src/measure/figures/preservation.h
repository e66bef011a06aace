/* preservation.h - whether a way of asking preserves the quality of the answers: offloaded against not offloaded,
 * streamed against whole, a repetition against the first.
 *
 * Answers to the same prompt, repetition and seed are pairs.  All of them are counted; differences are tested over the
 * distinct ones, because a pair that a seed gives again says nothing new.  Pure.
 */
#ifndef FIGURES_PRESERVATION_H
#define FIGURES_PRESERVATION_H

#include "figures/preservation_verdict.h"

/* Of one model.  `modes` are its summaries (N_TEST_MODES).  Free *out with preservation_free, also after an error.
 * Error: SW_ENOMEM. */
SW_NODISCARD sw_code preservation_of(const run_record *run, int subject, const run_summary *modes,
                                     preservation_kind kind, preservation *out, sw_err *err);
void preservation_free(preservation *p);

#endif
