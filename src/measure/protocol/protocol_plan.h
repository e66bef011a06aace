/* protocol_plan.h - a protocol in memory: its tests, and how it is run. */
#ifndef PROTOCOL_PROTOCOL_PLAN_H
#define PROTOCOL_PROTOCOL_PLAN_H

#include "quality/check_list.h"
#include "results/record.h"

enum { PROTOCOL_REPEATS_MAX = 1000 };

/* When requests are sent. */
typedef enum arrival_process {
    ARRIVALS_CLOSED,   // `concurrency` workers, each with one request at a time
    ARRIVALS_CONSTANT, // `rate` a second, evenly
    ARRIVALS_POISSON,  // exponential gaps
    ARRIVALS_GAMMA,    // gaps of shape `burstiness`, mean 1 / rate; 1 is Poisson, smaller is burstier
    ARRIVALS_BURST,    // `concurrency` at once, `rate` bursts a second
} arrival_process;

/* When the warm-up ends. */
typedef enum warmup_rule {
    WARMUP_FIXED,  // after warmup_requests
    WARMUP_STEADY, // after at least warmup_requests, when the median decode rate of the last two thirds differs by
                   // less than 2 %, or after five times as many
} warmup_rule;

/* How a protocol is run.  Flags of the command replace members; every difference is stored with the run. */
typedef struct protocol_settings {
    int n_repeats;      // of all tests, per mode
    double pause_s;     // between tests
    double temperature; // of tests that give none; NAN from a flag replaces that of all
    int64_t seed;       // likewise
    unsigned modes;     // 1u << test_mode: STREAM, WHOLE, REFERENCE, COLD
    int concurrency;    // requests at a time
    arrival_process arrivals;
    double rate;       // per second, for open loops
    double burstiness; // ARRIVALS_GAMMA
    warmup_rule warmup;
    int warmup_requests;
    double time_budget_s; // for the whole run, 0: none; tests that do not fit are named as not run
    // Objectives of goodput, in ms; NAN: none.
    double slo_ttft_ms, slo_tpot_ms, slo_itl_p99_ms, slo_e2e_ms;
} protocol_settings;

typedef struct protocol_test {
    test_plan plan;
    const check_list *checks; // NULL: none
} protocol_test;

typedef struct bench_protocol {
    const char *name;
    const char *description;
    const char *json; // the text it was read from
    char hash[32];    // "fnv1a64:0123456789abcdef" of that text
    protocol_settings settings;
    bool has_warmup;
    test_plan warmup; // asked first, so that the tests meet a warm server; never counted
    protocol_test *tests;
    size_t n_tests;
    struct arena *keep; // everything above
} bench_protocol;

#endif
