/* stress_suites.h - the suites and scenarios that are built in: the files of protocols/stress/. */
#ifndef STRESS_STRESS_SUITES_H
#define STRESS_STRESS_SUITES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct built_in_suite {
    const char *name;
    bool is_scenario;
    const unsigned char *json; // (*size)
    const size_t *size;
} built_in_suite;

extern const built_in_suite STRESS_SUITES[]; // (N_STRESS_SUITES), in the order in which they are run
extern const size_t N_STRESS_SUITES;

/* NULL: there is none. */
const built_in_suite *stress_suite_find(const char *name, bool is_scenario);

#endif
