/* review_page.h - a page on which a person scores answers, in one file that needs no network. */
#ifndef REVIEW_REVIEW_PAGE_H
#define REVIEW_REVIEW_PAGE_H

#include "base/buf.h"
#include "figures/analysis.h"
#include "review/review_list.h"
#include "spillway/clock.h"

/* Appends the page with the chosen answers, and what choice->reviewer gave them already.  `entropy` gives the number
 * that only the page's own script has; NULL: the operating system's.  Errors: those of review_list_of, SW_ENOMEM,
 * SW_ELIMIT (the buffer's). */
SW_NODISCARD sw_code review_page(buf *out, const run_analysis *analysis, const review_choice *choice,
                                 const sw_entropy *entropy, sw_err *err);

#endif
