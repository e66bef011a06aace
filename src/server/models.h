/* models.h - the list of models that may be asked for by name.
 *
 * Made once at start from the model folders; names from requests are only looked up in it and never become paths.
 * A model's status changes later, under the lock of whoever loads it.
 */
#ifndef SW_SERVER_MODELS_H
#define SW_SERVER_MODELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway.h"

typedef enum sw_model_status { SW_MODEL_UNLOADED, SW_MODEL_LOADING, SW_MODEL_LOADED, SW_MODEL_FAILED } sw_model_status;

typedef struct sw_model_entry {
    char *id;   // file name without ".gguf" and without the suffix of a split file
    char *path; // what sw_engine_open gets
    uint64_t file_bytes;
    int64_t mtime;
    bool is_manual; // named on the command line, not discovered
    json_t *meta;   // facts of the file's header that GET /v1/models shows
    sw_model_status status;
    double progress;              // 0 .. 1 while loading
    int n_ctx;                    // LOADED
    char error[SW_ERR_MSG_BYTES]; // FAILED
} sw_model_entry;

typedef struct sw_catalog {
    sw_model_entry *entries;
    size_t n, cap;
} sw_catalog;

/* Adds every model file under the folders of `dirs` ("a;b"), at most 4 levels deep.  Hidden folders and links that
 * lead out of the folder are skipped; a folder that does not exist is no error.  What could not be used is said on
 * standard error. */
SW_NODISCARD sw_code sw__catalog_scan(sw_catalog *c, const char *dirs, sw_err *err);

/* Adds the file `path` (or "stub:"), as named by the user. */
SW_NODISCARD sw_code sw__catalog_add(sw_catalog *c, const char *path, sw_err *err);

/* By id, with or without ".gguf"; NULL: there is none. */
sw_model_entry *sw__catalog_find(const sw_catalog *c, const char *id);

/* Keeps why m cannot be loaded; the folder at the beginning of the message is nobody's business outside. */
void sw__model_set_error(sw_model_entry *m, const char *message);

size_t sw__catalog_n_manual(const sw_catalog *c);

/* The object of GET /v1/models/{id}; new reference. */
json_t *sw__model_json(const sw_model_entry *m);

void sw__catalog_free(sw_catalog *c);

#endif
