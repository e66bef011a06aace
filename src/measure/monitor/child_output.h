/* child_output.h - a program that is run for what it prints, without waiting for it.
 *
 * No shell is between; its input and its errors are /dev/null.  What it prints is bounded, and so is its time: after
 * that it is killed.
 */
#ifndef MONITOR_CHILD_OUTPUT_H
#define MONITOR_CHILD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"

enum {
    CHILD_OUTPUT_BYTES = 32768,
    CHILD_SECONDS = 5,
};

typedef enum child_state {
    CHILD_NONE, // not started
    CHILD_RUNS,
    CHILD_ENDED,  // it printed `text`, and its exit code is `exit_code`
    CHILD_KILLED, // it took too long, printed too much, or was ended by a signal
} child_state;

typedef struct child_output {
    const sw_clock *clock;
    child_state state;
    pid_t pid;
    int fd; // of its standard output, which never blocks
    uint64_t end_ns;
    int exit_code;
    size_t n;
    char text[CHILD_OUTPUT_BYTES]; // ends with NUL
} child_output;

/* Starts a program that is found by the PATH; argv ends with NULL.  False if it cannot be started: errno says why.  The
 * clock must outlive its use. */
bool child_output_start(child_output *c, const char *const *argv, const sw_clock *clock);
/* Reads what is there, and returns the state. */
child_state child_output_poll(child_output *c);
/* Polls until it has ended, at most CHILD_SECONDS. */
child_state child_output_wait(child_output *c);
/* Kills it if it runs.  A structure of zeros is accepted. */
void child_output_close(child_output *c);

#endif
