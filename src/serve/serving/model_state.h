/* model_state.h - the options of a model pool, what it knows about each model, and wishes for one. */
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
    bool is_budget_soft;          // a model that is alone may take more: its engine looks at what the machine has
    bool has_keep_alive;          // an engine that is idle for keep_alive_s is closed; false: it is kept
    double keep_alive_s;          // 0: it is closed with its last handle
    sw_engine_options engine;     // for every engine; clock, on_load, on_notice and ud are the pool's
    const sw_clock *clock;        // NULL: the system's
    /* After a model was loaded, on the loader's thread; for a log.  May be NULL. */
    void (*on_loaded)(void *ud, const model_entry *model, const sw_engine_state *state);
    /* While a model is loaded, on its engine's thread; for a log.  May be NULL. */
    void (*on_notice)(void *ud, const model_entry *model, const char *text);
    /* Before the engine of a lost device is closed, on the keeper's thread; for a log.  May be NULL. */
    void (*on_lost)(void *ud, const model_entry *model, const char *why);
    void *ud;
} model_pool_options;

typedef enum model_status { MODEL_UNLOADED, MODEL_LOADING, MODEL_LOADED, MODEL_FAILED } model_status;

typedef struct model_state {
    model_status status;          // LOADING: also while it waits for the load of another
    double progress;              // LOADING, LOADED: 0 .. 1
    int n_ctx;                    // LOADED: tokens of a sequence; else 0
    int n_users;                  // LOADED: requests that use it
    uint64_t bytes;               // LOADED: of weights and full key/value caches
    double expires_in_s;          // LOADED: until it is unloaded, if it stays idle; negative: never
    char error[SW_ERR_MSG_BYTES]; // FAILED; UNLOADED: why it was not loaded when that was last asked for, or empty
    char
        lost[SW_ERR_MSG_BYTES]; // why it is loaded without its device, until it is loaded or unloaded by name; or empty
} model_state;

typedef enum model_refusal {
    MODEL_ACQUIRED = 0,
    MODEL_AWAITED,   // no refusal yet: the model is loaded first
    MODEL_UNKNOWN,   // no model has this name
    MODEL_NONE,      // none was named, and none is known
    MODEL_BUSY,      // no room, because other models are in use; may be possible later
    MODEL_TOO_LARGE, // more memory than the budget or the machine has
    MODEL_BROKEN,    // the file cannot be loaded
    MODEL_LOST,      // its device is lost, and the options are strict
    MODEL_STOPPED,   // the pool ends
} model_refusal;

/* A handle that is awaited; a member of the request.  Exactly one of the functions is called, by the loader's thread
 * and without the pool's lock, maybe before model_pool_ask returns. */
typedef struct model_wish {
    struct model_wish *next;
    const model_entry *model;
    /* The model is loaded, and the request owns the handle.  load_ms: the time that loading took. */
    void (*granted)(void *ud, model_handle *handle, double load_ms);
    /* *why has a sentence for clients. */
    void (*refused)(void *ud, model_refusal refusal, const sw_err *why);
    /* The pool ends. */
    void (*dropped)(void *ud);
    void *ud;
} model_wish;

#endif
