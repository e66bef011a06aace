/* engine_facts.h - what an engine takes, and what names it. */
#ifndef SERVING_ENGINE_FACTS_H
#define SERVING_ENGINE_FACTS_H

#include "serving/model_catalog.h"

/* Bytes that an engine adds to the process: weights, full key/value caches and buffers.  Planned from the header of m's
 * file (0: it cannot be read) ... */
uint64_t engine_bytes_needed(const model_entry *m, const sw_engine_options *options);
/* ... and of an open engine, which is the same. */
uint64_t engine_bytes_taken(const sw_engine_state *state);

/* Names build, weights and placement: the same string means that the same request gives the same answer. */
void engine_fingerprint(char *out, size_t size, const sw_model_info *info, const sw_engine_state *state,
                        const sw_engine_options *options);

#endif
