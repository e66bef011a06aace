/* model_walk.c - folders by name, level by level. */
#include "hosts/model_walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"

enum { N_LEVELS = 4 };

typedef struct walk {
    model_walk_fn on_file;
    void *ud;
    size_t n_left; // names that may still be looked at
} walk;

/* Returns true for a name that is a model's, and no later part of a split one ("-00002-of-00003.gguf"). */
static bool is_model_name(const char *name)
{
    const size_t n = strlen(name);
    int part = 1, n_parts = 1;
    if (n < sizeof ".gguf" || strcmp(name + n - 5, ".gguf") != 0)
        return false;
    static const size_t SPLIT = sizeof "-00001-of-00003.gguf" - 1;
    if (n > SPLIT && sscanf(name + n - SPLIT, "-%5d-of-%5d.gguf", &part, &n_parts) == 2)
        return part == 1;
    return true;
}

static sw_code walk_folder(walk *w, const char *folder, int level, sw_err *err);

/* One name in a folder. */
static sw_code visit(walk *w, const char *folder, const char *name, int level, sw_err *err)
{
    char path[PATH_MAX];
    struct stat st;
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (name[0] == '.' || n < 0 || (size_t)n >= sizeof path || lstat(path, &st) != 0)
        return SW_OK;
    if (S_ISDIR(st.st_mode))
        return level < N_LEVELS ? walk_folder(w, path, level + 1, err) : SW_OK;
    const bool is_file = S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISREG(st.st_mode));
    return is_file && is_model_name(name) ? w->on_file(w->ud, path, err) : SW_OK;
}

/* A folder below the first that cannot be read has no files. */
static sw_code walk_folder(walk *w, const char *folder, int level, sw_err *err)
{
    struct dirent **names;
    const int n = scandir(folder, &names, NULL, alphasort);
    if (n < 0 && (errno == ENOMEM || level == 1))
        return errno == ENOMEM ? sw_fail(err, SW_ENOMEM, "out of memory reading %s", folder)
                               : sw_fail(err, SW_ENOTFOUND, "cannot read the folder %s: %s", folder, strerror(errno));
    sw_code code = SW_OK;
    for (int i = 0; i < n; i++) {
        if (code == SW_OK && w->n_left-- == 0)
            code = sw_fail(err, SW_ELIMIT, "%s has more than %d names; name a smaller folder", folder,
                           LIMIT_MODEL_FOLDER_NAMES);
        if (code == SW_OK)
            code = visit(w, folder, names[i]->d_name, level, err);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return code;
}

/* Copies the folder dirs[0..n) with the home folder in place of "~".  False: it does not fit. */
static bool spell_folder(char out[PATH_MAX], const char *dirs, size_t n)
{
    const char *const home = n >= 2 && memcmp(dirs, "~/", 2) == 0 ? getenv("HOME") : NULL;
    const size_t skipped = home != NULL ? 1 : 0;
    const int length = snprintf(out, PATH_MAX, "%s%.*s", home != NULL ? home : "", (int)(n - skipped), dirs + skipped);
    return length >= 0 && length < PATH_MAX;
}

sw_code model_walk(const char *dirs, model_walk_fn on_file, void *ud, sw_err *err)
{
    walk w = {.on_file = on_file, .ud = ud, .n_left = LIMIT_MODEL_FOLDER_NAMES};
    sw_code code = SW_OK;
    for (const char *p = dirs; code == SW_OK && *p != '\0'; p += *p == ';') {
        char folder[PATH_MAX];
        const size_t n = strcspn(p, ";");
        if (n >= PATH_MAX || !spell_folder(folder, p, n))
            return sw_fail(err, SW_EINVAL, "the name of a model folder has more than %d bytes", PATH_MAX - 1);
        if (n > 0)
            code = walk_folder(&w, folder, 1, err);
        p += n;
    }
    return code;
}
