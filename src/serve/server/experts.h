/* experts.h - how often each expert was chosen, as JSON. */
#ifndef SERVER_EXPERTS_H
#define SERVER_EXPERTS_H

#include <jansson.h>

#include "spillway.h"

/* [{"layer": l, "counts": [...]}, ...] of the layers that have a router.  NULL when memory is short. */
json_t *experts_counts_json(const sw_engine *engine);

#endif
