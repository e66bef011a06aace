/* report_args.h - the options of `spillway report`. */
#ifndef CMD_REPORT_ARGS_H
#define CMD_REPORT_ARGS_H

#include <stdbool.h>

#include "base/limits.h"

enum { REPORT_RUNS_MAX = LIMIT_OVERVIEW_RUNS + 1 }; // that can be named: one more than there may be, to be refused

typedef struct report_args {
    const char *out;    // NULL: the folder of the store; of several runs the current one
    long run_id;        // 0: the latest
    const char *format; // NULL: the files; else to standard output, and no files
    bool json;          // the same as format "json"
    const char *share;  // NULL, or the file to share
    const char *paper;  // NULL, or the folder of a paper's data
    // Of several runs.
    bool is_all;       // every run of the stores that are named without a number
    const char *knob;  // NULL: found
    bool can_skip_bad; // runs that cannot be read are left out, and named
} report_args;

#endif
