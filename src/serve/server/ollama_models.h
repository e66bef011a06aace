/* ollama_models.h - models as Ollama describes them.  Every function returns a new reference; NULL if memory is short.
 */
#ifndef SERVER_OLLAMA_MODELS_H
#define SERVER_OLLAMA_MODELS_H

#include <jansson.h>

#include "serving/model_pool.h"

/* A row of GET /api/tags. */
json_t *ollama_tag_json(const model_entry *m);

/* The answer of POST /api/show. */
json_t *ollama_show_json(const model_entry *m, const model_state *state);

/* A row of GET /api/ps; unix_s: now. */
json_t *ollama_loaded_json(const model_entry *m, const model_state *state, const sw_engine_state *engine,
                           int64_t unix_s);

#endif
