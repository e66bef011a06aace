/* protocol.h - what a benchmark asks, as data.
 *
 * A protocol is a JSON file: the prompts, how long the answers may get, how the sampler is set, and the pause between
 * tests.  It is read strictly (a misspelled field is an error, not a default), because two runs are compared by their
 * protocol's hash.
 */
#ifndef SUITE_PROTOCOL_H
#define SUITE_PROTOCOL_H

#include "results/record.h"
#include "spillway/error.h"

typedef struct bench_protocol {
    const char *name;
    const char *description;
    const char *json; // the text it was read from
    char hash[32];    // "fnv1a64:0123456789abcdef" of that text
    double pause_s;
    bool has_warmup;
    test_plan warmup; // asked first, so that the tests meet a warm server; never counted
    test_plan *tests;
    size_t n_tests;
    struct arena *keep; // everything above
} bench_protocol;

/* `source` names the text in errors.  Errors: SW_EFORMAT (names the field), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code protocol_parse(bench_protocol **out, const char *json, size_t n, const char *source, sw_err *err);
/* path NULL: the built-in protocol. */
SW_NODISCARD sw_code protocol_load(bench_protocol **out, const char *path, sw_err *err);
void protocol_free(bench_protocol *protocol);

#endif
