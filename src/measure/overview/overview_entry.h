/* overview_entry.h - adds one model of a run to an overview. */
#ifndef OVERVIEW_OVERVIEW_ENTRY_H
#define OVERVIEW_OVERVIEW_ENTRY_H

#include "overview/overview.h"

/* The run is the last that was added; the criteria and what people say of it are its own. */
SW_NODISCARD sw_code overview_add_entry(overview *o, const run_analysis *a, const criteria_list *list,
                                        const review_figures *reviews, size_t subject, sw_err *err);

/* What both files of adding share: the error, and a copy that lives as long as the overview (NULL: memory is short). */
sw_code overview_no_memory(sw_err *err);
const char *overview_keep(overview *o, const char *text);

#endif
