/* overview_parts.h - the two halves of overview_judge. */
#ifndef OVERVIEW_OVERVIEW_PARTS_H
#define OVERVIEW_OVERVIEW_PARTS_H

#include "overview/overview.h"

/* Sets knob, groups and untold parts. */
SW_NODISCARD sw_code overview_find_groups(overview *o, const char *knob, sw_err *err);
/* Sets the best of every metric and group, and who is surely behind it. */
SW_NODISCARD sw_code overview_rank(overview *o, sw_err *err);

/* In what a ranked entry differs from the first of the largest group, as parts: writes at most OVERVIEW_PARTS_MAX of
 * their positions, returns how many. */
size_t overview_differences(const overview *o, const overview_entry *e, size_t *parts_out);

#endif
