/* protocol.h - what a benchmark asks, as data.
 *
 * A protocol is a JSON file: the prompts, how long the answers may get, how the sampler is set, and the pause between
 * tests.  It is read strictly (a misspelled field is an error, not a default), because two runs are compared by their
 * protocol's hash.
 */
#ifndef SW_PROTOCOL_H
#define SW_PROTOCOL_H

#include "results/record.h"

typedef struct sw_protocol {
    const char *name;
    const char *description;
    const char *json; // the text it was read from
    char hash[32];    // "fnv1a64:0123456789abcdef" of that text
    double pause_s;
    bool has_warmup;
    sw_test_plan warmup; // asked first, so that the tests meet a warm server; never counted
    sw_test_plan *tests;
    size_t n_tests;
    struct sw_keep *keep; // everything above
} sw_protocol;

/* `source` names the text in errors.  Errors: SW_EFORMAT (names the field), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code sw_protocol_parse(sw_protocol **out, const char *json, size_t n, const char *source, sw_err *err);
/* path NULL: the built-in protocol. */
SW_NODISCARD sw_code sw_protocol_load(sw_protocol **out, const char *path, sw_err *err);
void sw_protocol_free(sw_protocol *protocol);

#endif
