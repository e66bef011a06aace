/* placement_json.h - where a model's bytes are, as JSON: of a loaded engine (the server), of a plan (`plan --json`,
 * `inspect --json`). */
#ifndef JSON_PLACEMENT_JSON_H
#define JSON_PLACEMENT_JSON_H

#include <jansson.h>

#include "spillway.h"

/* Puts "placement" (effect and reason), "compute", "weights" (rows of the table), "kv", "buffers", "masked_experts"
 * and "expert_cache" (if there are any), "process" and "total" into an object, which is taken over and returned;
 * docs/api.md describes them.  NULL when memory is short. */
json_t *placement_json(json_t *object, const sw_engine_state *state, const sw_placement_row *rows, size_t n_rows);

/* The cache of experts of an open engine, in place of what the state says of it.  NULL when memory is short. */
json_t *expert_cache_json(const sw_expert_cache *cache);

#endif
