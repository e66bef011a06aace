/* fault_run.h - one run against a faulty_server: sessions that ask, on simulated time, through the suite's client, and
 * what they record. */
#ifndef FAULTY_FAULT_RUN_H
#define FAULTY_FAULT_RUN_H

#include "results/record.h"

typedef struct fault_run_options {
    const char *server; // path of the program
    const char *fault;  // its name; "none"
    uint64_t seed;
    int n_requests;
} fault_run_options;

typedef struct fault_run {
    run_record record; // tests in the order in which they ended
    double hours;      // simulated
} fault_run;

/* False, with a sentence on standard error, if the server or the client did not do what they should.  Free it with
 * fault_run_free, also then. */
bool fault_run_make(const fault_run_options *options, fault_run *out);
void fault_run_free(fault_run *run);

#endif
