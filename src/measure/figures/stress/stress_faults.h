/* stress_faults.h - faults that show only over many requests, and the alarms that are worth believing.
 *
 * Each fault has a test that a sound server fails rarely.  There are several, so their p-values are corrected (Holm):
 * the chance that a sound server sets off any alarm is at most FAULT_ALPHA.  A fault is found if its corrected p-value
 * is below that, and the effect above its bound: a certain but tiny effect is no fault.  Faults of which one example is
 * proof (an answer that changed on a server that is reproducible) have a p-value of 0 or 1.  Pure.
 */
#ifndef STRESS_STRESS_FAULTS_H
#define STRESS_STRESS_FAULTS_H

#include "figures/stress/fault_request.h"
#include "spillway/error.h"

#define FAULT_ALPHA 0.01

/* X(NAME, "name", bound, "unit", "effect") */
// clang-format off
#define FAULT_TABLE(X) \
    X(LEAK,     "leak",     8192, "B",  "memory that a request leaves behind") \
    X(SLOWING,  "slowing",  0.05, "",   "more time per token later in the run") \
    X(UNUSED,   "unused",   0,    "",   "experts that are never used") \
    X(LOOPS,    "loops",    0.02, "",   "answers that end in a loop") \
    X(CHANGED,  "changed",  0,    "",   "answers that differ from others to the same question") \
    X(USAGE,    "usage",    0,    "",   "answers whose usage contradicts their tokens") \
    X(UNFAIR,   "unfair",   0.1,  "",   "how much slower the slowest session is than all") \
    X(FORGETS,  "forgets",  0.2,  "",   "right answers lost beyond a length of the context")
// clang-format on

#define FAULT_ENUM(name, text, bound, unit, effect) FAULT_##name,
typedef enum fault_kind { FAULT_TABLE(FAULT_ENUM) N_FAULTS } fault_kind;
#undef FAULT_ENUM

const char *fault_name(fault_kind kind);
/* The fault with that name, or -1. */
int fault_from_name(const char *name);

typedef struct stress_faults {
    fault_row rows[N_FAULTS];
    size_t n_found;
} stress_faults;

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code stress_faults_of(const fault_world *world, stress_faults *out, sw_err *err);

#endif
