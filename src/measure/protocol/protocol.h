/* protocol.h - what a benchmark asks, as data.
 *
 * A protocol is a JSON file: the prompts, how long the answers may get, how the sampler is set, what a good answer
 * holds, and how the whole is run (repetitions, pause, modes, arrivals, warm-up, time budget, objectives).  It is read
 * strictly (a misspelled field is an error, not a default), because two runs are compared by their protocol's hash.
 * `spillway protocol schema` prints its schema.
 */
#ifndef PROTOCOL_PROTOCOL_H
#define PROTOCOL_PROTOCOL_H

#include "protocol/protocol_plan.h"
#include "spillway/error.h"

/* `source` names the text in errors.  `dir`: where prompt files are (NULL: files are refused).  Errors: SW_EFORMAT
 * (names line and field), SW_ELIMIT, SW_EIO (a prompt file), SW_ENOMEM. */
SW_NODISCARD sw_code protocol_parse(bench_protocol **out, const char *json, size_t n, const char *source,
                                    const char *dir, sw_err *err);
/* path NULL: the built-in protocol.  Prompt files are beside the protocol's file. */
SW_NODISCARD sw_code protocol_load(bench_protocol **out, const char *path, sw_err *err);
void protocol_free(bench_protocol *protocol);

#endif
