/* answer_json.h - an answer, its tokens and timings as one JSON document (`spillway run --json`). */
#ifndef CMD_ANSWER_JSON_H
#define CMD_ANSWER_JSON_H

#include "cmd/generate.h"

/* Prints the last answer of g, its tokens and timings, and how often each layer's router chose each expert since the
 * engine was opened, to standard output.  Errors: SW_ENOMEM, SW_EIO. */
SW_NODISCARD sw_code answer_print_json(const sw_engine *engine, const generation *g, sw_err *err);

#endif
