/* model_catalog.h - the list of models that a request may name.
 *
 * It is made at the start, from the model folders, and may grow by another look into them.  Entries never change, move
 * or go before the catalog is freed, so any thread may read it while one thread adds to it.  Names from requests are
 * only looked up in it and never become paths.
 */
#ifndef SERVING_MODEL_CATALOG_H
#define SERVING_MODEL_CATALOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway.h"

/* What a file's header says.  A copy: the header itself, with its vocabulary, is too large to keep for every file. */
typedef struct model_facts {
    int n_vocab, n_ctx_train, n_embd, n_layers;
    uint64_t n_params, n_params_active;
    int n_experts, n_experts_used, n_experts_shared;
    char quant[24], arch[40]; // cut if longer
    /* Static texts, as in sw_model_info. */
    const char *chat_format, *chat_note, *compat_difference;
} model_facts;

typedef struct model_entry {
    size_t index; // in the catalog
    char *id;     // file name without ".gguf" and without the suffix of a split file; Ollama's name; or an alias
    char *path;   // for sw_engine_open
    char *old_id; // before it was renamed; or NULL
    uint64_t file_bytes;
    int64_t mtime;  // seconds since 1970
    bool is_manual; // named on the command line, not discovered
    bool has_facts; // false for the stub and for files whose header cannot be read
    model_facts facts;
    char error[SW_ERR_MSG_BYTES]; // why the header cannot be read; else empty
} model_entry;

typedef struct model_catalog {
    bool names_only; // headers are not read, and nothing is printed: to look up one name
    model_entry **entries;
    _Atomic size_t n; // entries that are complete; written after them
} model_catalog;

/* Entries 0 .. n-1 are there for any thread. */
static inline size_t model_catalog_n(const model_catalog *c)
{
    return atomic_load(&c->n);
}

/* Adds the file `path` (or "stub:"), as named by the user.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code model_catalog_add(model_catalog *c, const char *path, sw_err *err);

/* Adds a file that was found in a folder; `id` NULL is that of its name.  A file of the list, or another of the same
 * id, is not added again.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code model_catalog_add_found(model_catalog *c, const char *path, const char *id, sw_err *err);

/* Returns true if a file of this name is a model: "*.gguf", not hidden, and of a split file only the first part. */
bool model_file_is_listed(const char *name);

/* Says on standard error what is wrong with a file. */
void model_catalog_say(const model_catalog *c, const char *path, const char *what);

/* Gives the entry `m` of the list another id.  Errors: SW_EINVAL (another entry has it), SW_ENOMEM. */
SW_NODISCARD sw_code model_catalog_rename(model_catalog *c, const model_entry *m, const char *id, sw_err *err);

/* By id, with or without ".gguf" or Ollama's ":latest", or by a name with a tag that Ollama's clients have for it:
 * "gpt-oss:20b" for the id gpt-oss-20b.  NULL: there is none. */
const model_entry *model_catalog_find(const model_catalog *c, const char *id);

/* Fills *why with a sentence that `id` is not known, and lists what is. */
void model_catalog_say_unknown(const model_catalog *c, const char *id, sw_err *why);

/* Copies `message` without m's folder and with m's id in place of its file name: paths are not for clients. */
void model_entry_hide_path(const model_entry *m, const char *message, char *out, size_t size);

size_t model_catalog_n_manual(const model_catalog *c);

void model_catalog_free(model_catalog *c);

#endif
