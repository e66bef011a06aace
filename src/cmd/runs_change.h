/* runs_change.h - the actions of `spillway runs` that change stores. */
#ifndef CMD_RUNS_CHANGE_H
#define CMD_RUNS_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

enum { RUNS_NAMES_MAX = 1024 };

typedef struct runs_args {
    const char *format; // NULL: not given
    bool json, yes;
    const char *names[RUNS_NAMES_MAX + 1]; // after the action
    size_t n_names;
} runs_args;

/* Each returns the exit code. */
int runs_delete(const runs_args *a);
int runs_merge(const runs_args *a);

/* Prints one line and returns the exit code of wrong usage. */
int runs_usage_error(const char *message);

#endif
