/* model_state.h - the options of a model pool, and what it knows about each model. */
#ifndef SERVING_MODEL_STATE_H
#define SERVING_MODEL_STATE_H

#include "serving/model_catalog.h"

typedef struct model_pool model_pool;
typedef struct model_handle model_handle; // keeps a loaded engine open

typedef struct model_pool_options {
    const model_catalog *catalog; // must outlive the pool
    const model_entry *preferred; // for requests that name none, or NULL; of the catalog
    bool any_name;                // a name that is not in the catalog means the same as none
    int n_engines_max;            // 0: 1
    uint64_t memory_bytes_max;    // of weights and full key/value caches of all engines; 0: no budget
    sw_engine_options engine;     // for every engine; on_load and ud are the pool's
    const sw_clock *clock;        // NULL: the system's
    /* After a model was loaded, on the loading thread; for a log.  May be NULL. */
    void (*on_loaded)(void *ud, const model_entry *model, const sw_engine_state *state);
    void *ud;
} model_pool_options;

typedef enum model_status { MODEL_UNLOADED, MODEL_LOADING, MODEL_LOADED, MODEL_FAILED } model_status;

typedef struct model_state {
    model_status status;
    double progress;              // LOADING, LOADED: 0 .. 1
    int n_ctx;                    // LOADED: tokens of a sequence; else 0
    char error[SW_ERR_MSG_BYTES]; // FAILED
} model_state;

#endif
