/* model_routes.h - models as JSON. */
#ifndef SERVER_MODEL_ROUTES_H
#define SERVER_MODEL_ROUTES_H

#include <jansson.h>

#include "serving/model_pool.h"

/* The object of GET /v1/models/{id}.  New reference; NULL when memory is short. */
json_t *model_json(const model_entry *m, const model_state *state);

/* "loaded", ... */
const char *model_status_name(model_status status);

/* Where the weights of a loaded model are, in bytes.  New reference; NULL when memory is short. */
json_t *engine_summary_json(sw_engine *engine);

/* Its number of weights in three digits at most, as people name sizes of models: "20.9B"; null if it is not known.  New
 * reference; NULL when memory is short. */
json_t *model_parameters_json(const model_entry *m);

#endif
