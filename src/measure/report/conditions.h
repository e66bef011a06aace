/* conditions.h - under which conditions a model was measured, as short texts: what a reader must know to believe a
 * figure, and what may not differ between figures that are compared.  Pure.
 */
#ifndef REPORT_CONDITIONS_H
#define REPORT_CONDITIONS_H

#include "base/buf.h"
#include "results/record.h"

/* X(NAME, "key", "name"), in the order in which a reader should see them. */
// clang-format off
#define CONDITIONS(X) \
    X(SOFTWARE,     "software",     "server software") \
    X(MODEL,        "model",        "model") \
    X(PARAMETERS,   "parameters",   "parameters") \
    X(QUANTIZATION, "quantization", "quantization") \
    X(FILE,         "file",         "file") \
    X(FILE_SIZE,    "file_size",    "file size") \
    X(FILE_HASH,    "file_hash",    "file hash") \
    X(KERNELS,      "kernels",      "kernels") \
    X(THREADS,      "threads",      "threads") \
    X(CONTEXT,      "context",      "context") \
    X(KV_TYPE,      "kv_type",      "keys and values") \
    X(PLACEMENT,    "placement",    "placement") \
    X(SAMPLER,      "sampler",      "sampler") \
    X(PROTOCOL,     "protocol",     "protocol") \
    X(SETTINGS,     "settings",     "changed settings") \
    X(REPETITIONS,  "repetitions",  "repetitions") \
    X(MODES,        "modes",        "modes") \
    X(PROCESSOR,    "processor",    "processor") \
    X(CORES,        "cores",        "cores") \
    X(RAM,          "ram",          "RAM installed") \
    X(GPU,          "gpu",          "GPU") \
    X(SYSTEM,       "system",       "operating system") \
    X(VERSION,      "version",      "spillway")
// clang-format on

#define CONDITION_ENUM(name, key, text) CONDITION_##name,
typedef enum condition { CONDITIONS(CONDITION_ENUM) N_CONDITIONS } condition;
#undef CONDITION_ENUM

/* "keys and values"; for programs "kv_type". */
const char *condition_name(condition which);
const char *condition_key(condition which);
/* Writes what a model's server has of it to an empty buffer, unescaped; "-" if it is not known.  `server` is -1 where
 * nothing is known but the model. */
void condition_put(buf *out, condition which, const run_record *run, int subject, int server);

#endif
