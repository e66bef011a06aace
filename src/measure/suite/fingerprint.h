/* fingerprint.h - one short text for all that identifies what was measured: runs with the same one are comparable. */
#ifndef SUITE_FINGERPRINT_H
#define SUITE_FINGERPRINT_H

#include "results/record.h"
#include "suite/bench_options.h"

enum { FINGERPRINT_BYTES = 72 }; // "sha256:", 64 digits, NUL

/* Of the program, the models, their servers with placement and sampler, the machine, the protocol and the settings; not
 * of addresses, folders and times. */
void fingerprint_of(const run_record *run, const bench_options *options, char out[FINGERPRINT_BYTES]);

#endif
