/* experts.h - how often each expert was chosen, as JSON. */
#ifndef SW_EXPERTS_H
#define SW_EXPERTS_H

#include <jansson.h>

#include "spillway.h"

/* [{"layer": l, "counts": [...]}, ...] of the layers that have a router.  NULL when memory is short. */
json_t *sw_router_counts_to_json(const sw_engine *engine);

#endif
