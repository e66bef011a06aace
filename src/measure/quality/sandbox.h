/* sandbox.h - runs Python code of an answer where it can do no harm, or not at all.
 *
 * The code runs in a process of its own that has locked itself with seccomp (sandbox_filter.h): it cannot open a file,
 * a directory or a socket, start a process or a thread, or send a signal; its time, memory and output are bounded, and
 * it does not outlive the call.  Where the system allows it, the process also has a network, a host name and users of
 * its own.  The lock is tried out before any code runs; if it does not hold, nothing runs.
 */
#ifndef QUALITY_SANDBOX_H
#define QUALITY_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "spillway/error.h"

typedef struct sandbox_options {
    const char *python;        // the interpreter; NULL: the one that is installed
    int wall_ms, cpu_s;        // 0: SANDBOX_WALL_MS, SANDBOX_CPU_S
    const sw_clock *clock;     // of wall_ms; NULL: the system's
    const atomic_bool *cancel; // may be NULL
} sandbox_options;

enum {
    SANDBOX_WALL_MS = 10000,
    SANDBOX_CPU_S = 3,
    SANDBOX_MEMORY_BYTES = 512 << 20, // of address space
    SANDBOX_OUTPUT_BYTES = 65536,     // more ends the process
};

typedef enum sandbox_end {
    SANDBOX_ENDED,      // the code came to its end
    SANDBOX_NOT_SET_UP, // no code was run
    SANDBOX_TIME,       // stopped after wall_ms or cpu_s
    SANDBOX_OUTPUT,     // stopped because it wrote more than SANDBOX_OUTPUT_BYTES
    SANDBOX_DIED,       // ended without a report: by a signal, or by leaving
} sandbox_end;

typedef struct sandbox_result {
    sandbox_end end;
    const char *reason; // unless SANDBOX_ENDED: why, a sentence without its stop
    const char *report; // SANDBOX_ENDED: the JSON object that sandbox_harness.py writes
    const char *output; // what was written to standard output and error; any bytes
} sandbox_result;

/* Runs sandbox_harness.py on `request`, a JSON object as it describes them.  Texts of *out are in `keep`.  Error:
 * SW_ENOMEM, SW_ECANCELED. */
SW_NODISCARD sw_code sandbox_run(const char *request, const sandbox_options *options, arena *keep, sandbox_result *out,
                                 sw_err *err);

#endif
