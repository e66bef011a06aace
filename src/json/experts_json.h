/* experts_json.h - how often each expert was chosen, as JSON; shown by the server and by `run --json`. */
#ifndef JSON_EXPERTS_JSON_H
#define JSON_EXPERTS_JSON_H

#include <jansson.h>

#include "spillway.h"

/* [{"layer": l, "counts": [(n_experts)]}, ...] of the layers that have a router.  New reference; NULL when memory is
 * short. */
json_t *experts_counts_json(const sw_engine *engine);

#endif
