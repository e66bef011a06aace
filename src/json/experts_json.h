/* experts_json.h - how often each expert was chosen, and how evenly, as JSON; shown by the server and by `run --json`.
 */
#ifndef JSON_EXPERTS_JSON_H
#define JSON_EXPERTS_JSON_H

#include <jansson.h>

#include "spillway.h"

/* {"n_tokens", "expected_coverage", "mean": {figures}, "layers": [{"layer", "counts", figures}]}, which docs/api.md
 * describes.  n_pairs > 0: each layer has "pairs", its n_pairs most frequent ones, if `use` has them.  What cannot be
 * computed is null.  New reference; NULL when memory is short. */
json_t *experts_use_json(const sw_expert_use *use, size_t n_pairs);

/* [{"layer", "counts"}], the difference of two snapshots of one engine: `use` - `before`.  before NULL: all zero.  New
 * reference; NULL when memory is short. */
json_t *experts_counts_json(const sw_expert_use *use, const sw_expert_use *before);

#endif
