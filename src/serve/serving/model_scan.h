/* model_scan.h - finds model files in folders and adds them to the catalog.
 *
 * In a folder and the three levels below it, every "*.gguf" is a model, the parts of a split file are one.  If the
 * folder is a store of Ollama's, its manifests name further ones.  Hidden names are skipped; links are followed only to
 * files inside the folder.
 */
#ifndef SERVING_MODEL_SCAN_H
#define SERVING_MODEL_SCAN_H

#include "serving/model_catalog.h"

typedef struct model_scan_options {
    const char *dirs; // "a;b"; "~/" at the start of one is the home folder
    /* Called after each folder that exists, with the models that it added; `is_cut`: it has more names than
     * LIMIT_MODEL_FOLDER_NAMES, and the rest was left out.  NULL: not called. */
    void (*on_folder)(void *ud, const char *folder, size_t n_models, bool is_cut);
    void *ud;
} model_scan_options;

/* A folder that does not exist is no error; files that cannot be used are named on standard error.  Error: SW_ENOMEM.
 */
SW_NODISCARD sw_code model_scan(model_catalog *c, const model_scan_options *options, sw_err *err);

#endif
