/* run_status.c - the reasons, the most serious first, as a table of conditions. */
#include "figures/run_status.h"

#include <string.h>

#define STATUS_NAME(name, text) text,
static const char *const NAMES[] = {RUN_STATUS_TABLE(STATUS_NAME)};
#undef STATUS_NAME

const char *run_status_name(run_status status)
{
    return NAMES[status];
}

int run_status_from_name(const char *name)
{
    for (int i = 0; i < N_RUN_STATUS; i++) {
        if (strcmp(name, NAMES[i]) == 0)
            return i;
    }
    return -1;
}

run_status run_status_of(const run_analysis *analysis, buf *reasons)
{
    int n_rows = 0, n_completed = 0;
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            n_rows += (int)analysis->subjects[i].modes[mode].n_rows;
            n_completed += analysis->subjects[i].modes[mode].n_completed;
        }
    }
    if (n_rows < analysis->run->info.n_planned) {
        buf_puts(reasons, "tests are missing\n");
        return RUN_ABORTED;
    }
    if (n_completed == 0) {
        buf_puts(reasons, "no test completed\n");
        return RUN_INVALID;
    }
    if (n_completed < n_rows) {
        buf_puts(reasons, "a test failed\n");
        return RUN_FAILED_THRESHOLD;
    }
    return RUN_OK;
}
