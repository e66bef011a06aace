/* model_names.c - looks a name up in the same catalog that the server has. */
#include "cmd/model_names.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "cmd/nearest.h"
#include "serving/model_folders.h"
#include "serving/model_scan.h"

enum {
    NAMES_BYTES_MAX = 240, // of the list in an error
    FOLDERS_BYTES_MAX = 1048576,
};

/* Returns true if `model` can only be a path, or is one.  "a/b" may also be a name of Ollama's. */
static bool is_path(const char *model)
{
    struct stat st;
    return strcmp(model, "stub:") == 0 || model[0] == '/' || strncmp(model, "./", 2) == 0 ||
           strncmp(model, "../", 3) == 0 || stat(model, &st) == 0;
}

/* Fills the catalog with the names of the folders. */
static sw_code scan(model_catalog *c, const char *dirs, sw_err *err)
{
    buf folders;
    buf_init(&folders, FOLDERS_BYTES_MAX);
    if (dirs != NULL)
        buf_puts(&folders, dirs);
    else
        model_folders_default(&folders, true);
    const model_scan_options options = {.dirs = buf_str(&folders)};
    const sw_code code = folders.failed == SW_OK
                             ? model_scan(c, &options, err)
                             : sw_fail(err, folders.failed, "not enough memory for the names of model folders");
    buf_free(&folders);
    return code;
}

/* Names the models that there are, and the one that was probably meant. */
static sw_code not_found(const model_catalog *c, const char *model, const char *dirs, sw_err *err)
{
    buf names;
    buf_init(&names, NAMES_BYTES_MAX);
    nearest near = {.word = model};
    for (size_t i = 0; i < c->n; i++) {
        nearest_offer(&near, c->entries[i]->id);
        if (names.size + strlen(c->entries[i]->id) + 8 < NAMES_BYTES_MAX)
            buf_printf(&names, "%s%s", i > 0 ? ", " : "", c->entries[i]->id);
        else if (buf_str(&names)[names.size - 1] != '.')
            buf_puts(&names, ", ...");
    }
    sw_code code;
    const bool has_near = near.found != NULL;
    if (c->n == 0)
        code = sw_fail(err, SW_ENOTFOUND,
                       "cannot open %s: No such file or directory; there is no model in %s either (--model-dirs names "
                       "other folders)",
                       model, dirs != NULL ? dirs : "the model folders");
    else
        code = sw_fail(err, SW_ENOTFOUND, "cannot open %s: No such file or directory; %s%s%sthe models in %s are %s",
                       model, has_near ? "did you mean '" : "", has_near ? near.found : "", has_near ? "'? " : "",
                       dirs != NULL ? dirs : "the model folders", buf_str(&names));
    buf_free(&names);
    return code;
}

sw_code model_names_find(const char *model, const char *dirs, char *out, size_t size, sw_err *err)
{
    const char *path = model;
    model_catalog catalog = {.names_only = true};
    sw_code code = SW_OK;
    if (!is_path(model)) {
        code = scan(&catalog, dirs, err);
        const model_entry *const found = code == SW_OK ? model_catalog_find(&catalog, model) : NULL;
        if (found != NULL)
            path = found->path;
        else if (code == SW_OK && strchr(model, '/') == NULL) // one with a slash is probably a path
            code = not_found(&catalog, model, dirs, err);
    }
    if (code == SW_OK && (size_t)snprintf(out, size, "%s", path) >= size)
        code = sw_fail(err, SW_ELIMIT, "the path of the model has more than %zu bytes", size - 1);
    model_catalog_free(&catalog);
    return code;
}
