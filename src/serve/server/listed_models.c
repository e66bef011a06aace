/* listed_models.c - which models a server knows: the file that it was started with, and those of the model folders. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "server/server_state.h"
#include "serving/model_folders.h"
#include "serving/model_scan.h"

enum { MODEL_DIRS_BYTES_MAX = 1048576 }; // an environment variable can have 128 KiB

bool server_is_stub(const server *s)
{
    return s->o.model != NULL && strcmp(s->o.model, "stub:") == 0;
}

static void print_folder(void *ud, const char *folder, size_t n_models, bool is_cut)
{
    (void)ud;
    buf name;
    buf_init(&name, 8 * PATH_MAX);
    escape_terminal(&name, folder, strlen(folder));
    fprintf(stderr, "models: %s: %zu found", buf_str(&name), n_models);
    if (is_cut)
        fprintf(stderr, "; it has more than %d names, the rest was left out", LIMIT_MODEL_FOLDER_NAMES);
    fputc('\n', stderr);
    buf_free(&name);
}

/* Decides which folders are scanned.  A server of one file shows no others of the user's, unless a folder is named. */
static sw_code choose_folders(server *s, bool is_file, sw_err *err)
{
    if (s->o.model_dirs != NULL)
        return SW_OK;
    buf dirs;
    buf_init(&dirs, MODEL_DIRS_BYTES_MAX);
    model_folders_default(&dirs, !is_file);
    s->o.model_dirs = s->default_dirs = buf_take(&dirs); // NULL if it failed
    buf_free(&dirs);
    return s->default_dirs != NULL
               ? SW_OK
               : sw_fail(err, SW_ENOMEM, "server: not enough memory for the names of model folders");
}

sw_code server_scan_models(server *s, sw_err *err)
{
    const model_scan_options scan = {.dirs = s->o.model_dirs, .on_folder = s->o.quiet ? NULL : print_folder};
    return server_is_stub(s) ? SW_OK : model_scan(&s->catalog, &scan, err);
}

sw_code server_list_models(server *s, bool is_file, sw_err *err)
{
    sw_code code = choose_folders(s, is_file, err);
    if (code == SW_OK && is_file)
        code = model_catalog_add(&s->catalog, s->o.model, err);
    return code == SW_OK ? server_scan_models(s, err) : code;
}
