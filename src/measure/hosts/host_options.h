/* host_options.h - which server is to be measured, and how it is started or found. */
#ifndef HOSTS_HOST_OPTIONS_H
#define HOSTS_HOST_OPTIONS_H

#include <stdatomic.h>

#include "base/clock.h"
#include "hosts/bench_subject.h"

typedef struct host_options {
    const bench_subject *subject;
    server_side side; // OFFLOADED: with --cpu-moe; REFERENCE: without; GIVEN: at `url`, or as serve_options say
    const char *const *serve_options; // more of the command line of a server of our own
    size_t n_serve_options;
    bool measures_cold;   // the model file is taken out of the page cache, and the server started twice
    const char *log_path; // of a server of our own
    const char *url;      // of a given one; NULL: our own
    const char *api_key;
    long server_pid; // of the given one; 0: found by its port
    const sw_clock *clock;
    const atomic_bool *cancel;
} host_options;

#endif
