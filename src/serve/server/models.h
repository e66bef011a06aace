/* models.h - the list of models that may be asked for by name.
 *
 * Made once at start from the model folders; names from requests are only looked up in it and never become paths.
 * A model's status changes later, under the lock of whoever loads it.
 */
#ifndef SERVER_MODELS_H
#define SERVER_MODELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway.h"

typedef enum model_status { MODEL_UNLOADED, MODEL_LOADING, MODEL_LOADED, MODEL_FAILED } model_status;

typedef struct model_entry {
    char *id;   // file name without ".gguf" and without the suffix of a split file
    char *path; // what sw_engine_open gets
    uint64_t file_bytes;
    int64_t mtime;
    bool is_manual; // named on the command line, not discovered
    json_t *meta;   // facts of the file's header that GET /v1/models shows
    model_status status;
    double progress;              // 0 .. 1 while loading
    int n_ctx;                    // LOADED
    char error[SW_ERR_MSG_BYTES]; // FAILED
} model_entry;

typedef struct catalog {
    model_entry *entries;
    size_t n, cap;
} catalog;

/* Adds every model file under the folders of `dirs` ("a;b"), at most 4 levels deep.  Hidden folders and links that
 * lead out of the folder are skipped; a folder that does not exist is no error.  What could not be used is said on
 * standard error. */
SW_NODISCARD sw_code catalog_scan(catalog *c, const char *dirs, sw_err *err);

/* Adds the file `path` (or "stub:"), as named by the user. */
SW_NODISCARD sw_code catalog_add(catalog *c, const char *path, sw_err *err);

/* By id, with or without ".gguf"; NULL: there is none. */
model_entry *catalog_find(const catalog *c, const char *id);

/* Keeps why m cannot be loaded; the folder at the beginning of the message is nobody's business outside. */
void model_set_error(model_entry *m, const char *message);

size_t catalog_n_manual(const catalog *c);

/* The object of GET /v1/models/{id}; new reference. */
json_t *model_json(const model_entry *m);

void catalog_free(catalog *c);

#endif
