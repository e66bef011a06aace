/* run_alike.h - whether two runs may be compared: they differ in nothing but what is being compared.
 *
 * What identifies a run is a list of parts (build, protocol and settings, models, servers and their placement,
 * machine). A comparison names one part that may differ, its knob; any other difference makes it one of unlike things.
 * Pure.
 */
#ifndef FIGURES_RUN_ALIKE_H
#define FIGURES_RUN_ALIKE_H

#include <stdbool.h>

#include "base/buf.h"
#include "results/record.h"
#include "spillway/error.h"

enum { RUN_VALUE_BYTES = 96 };

typedef struct run_difference {
    const char *part;                            // "n_threads"
    char a[RUN_VALUE_BYTES], b[RUN_VALUE_BYTES]; // what both runs have, cut; "-": not known
} run_difference;

typedef struct run_differences {
    run_difference *items; // (n), in the order of the parts
    size_t n;
} run_differences;

/* The name of part i, or NULL past the last. */
const char *run_part_name(size_t i);

/* Returns true if a shared file (share/) holds that part of a run. */
bool run_part_is_shared(const char *name);

/* Appends what the run has as that part, unescaped: all of it, or (subject 0 and above) what is of one model and its
 * server, without its reference.  What is not known is "-". */
void run_part_put(buf *out, const run_record *run, size_t part, int subject);

/* knob: a part that may differ, or NULL.  Free *out with run_differences_free, also after an error.  Errors: SW_EINVAL
 * (no such part), SW_ENOMEM. */
SW_NODISCARD sw_code run_alike(const run_record *a, const run_record *b, const char *knob, run_differences *out,
                               sw_err *err);
void run_differences_free(run_differences *differences);

#endif
