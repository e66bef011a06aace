/* server_options.h - what a server is started with. */
#ifndef SERVER_SERVER_OPTIONS_H
#define SERVER_SERVER_OPTIONS_H

#include <stdbool.h>

#include "spillway.h"

typedef struct server server;

/* Whose requests POST /api/generate takes: AUTO looks at them. */
typedef enum server_generate { SERVER_GENERATE_AUTO, SERVER_GENERATE_SHIMMY, SERVER_GENERATE_OLLAMA } server_generate;

typedef struct server_options {
    const char *address;       // "127.0.0.1", "::1", "0.0.0.0", ...
    int port;                  // 0: any free one; -1: the first free one of 11435 to 11535, else any
    const char *model;         // file, id of a discovered model, "stub:", or NULL
    const char *alias;         // name of `model` for clients; NULL: that of its file
    const char *model_dirs;    // "a;b"; NULL: the default folders, of model_folders.h
    const char *default_model; // for requests that name none: its id, or NULL
    bool any_model_name;       // an unknown name is answered by the model for requests that name none
    server_generate generate_as;
    const char *api_key;          // NULL: none is asked for
    bool cors_any;                // any web page may call, not only those of this machine
    const char *allow_origin;     // further origins that may call, see http_options; or NULL
    double ping_interval_s;       // of silence on an event stream before a comment is sent; 0: never
    double body_timeout_s;        // for a request's body to arrive
    double slow_client_timeout_s; // a client that takes no byte for so long is dropped
    int tick_ms;                  // how often deadlines are looked at; 0: the default of http_options
    bool verbose;                 // a line per request on standard error
    bool quiet;                   // only errors on standard error
    int n_models_max;             // loaded at once; 0: LIMIT_LOADED_MODELS
    uint64_t memory_bytes_max; // of weights and full key/value caches; 0: most of what the machine offers at the start
    bool has_keep_alive;       // a model that is idle for keep_alive_s is unloaded; false: it is kept
    double keep_alive_s;       // 0: after each request
    const char *metrics_alias; // "llamacpp" or "vllm": /metrics also has their names; or NULL
    bool no_slots;             // GET /slots is refused
    sw_engine_options engine;
    const sw_clock *clock;     // NULL: the system's; also the engines'
    const sw_entropy *entropy; // of ids and seeds; NULL: the system's
} server_options;

#endif
