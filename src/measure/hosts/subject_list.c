/* subject_list.c - models from files and folders, each once, in the protocol's order. */
#include "hosts/subject_list.h"

#include <string.h>
#include <sys/stat.h>

#include "hosts/model_walk.h"
#include "hosts/subject_file.h"

typedef struct file_id {
    dev_t device;
    ino_t number;
} file_id;

typedef struct gathering {
    subject_list *list;
    file_id *ids; // (list->n), beside the items
    size_t cap;
    arena *keep;
    buf *skipped; // or NULL
} gathering;

/* ---- gathering --------------------------------------------------------------------------------------------------- */

/* False when memory is short; the older arrays stay in the arena. */
static bool grow(gathering *g)
{
    const size_t cap = g->cap > 0 ? 2 * g->cap : 8;
    bench_subject *const items = arena_alloc(g->keep, cap * sizeof *items);
    file_id *const ids = arena_alloc(g->keep, cap * sizeof *ids);
    if (items == NULL || ids == NULL)
        return false;
    if (g->list->n > 0) {
        memcpy(items, g->list->items, g->list->n * sizeof *items);
        memcpy(ids, g->ids, g->list->n * sizeof *ids);
    }
    g->list->items = items;
    g->ids = ids;
    g->cap = cap;
    return true;
}

static bool is_gathered(const gathering *g, const file_id *id)
{
    for (size_t i = 0; i < g->list->n; i++) {
        if (g->ids[i].device == id->device && g->ids[i].number == id->number)
            return true;
    }
    return false;
}

/* Adds the model of a file, unless it is there by this or another name. */
static sw_code add_file(void *ud, const char *path, sw_err *err)
{
    gathering *const g = ud;
    struct stat st = {0}; // all zero: "stub:", or a file whose opening says what is wrong with it
    (void)stat(path, &st);
    const file_id id = {st.st_dev, st.st_ino};
    if (is_gathered(g, &id))
        return SW_OK;
    if (g->list->n == g->cap && !grow(g))
        return sw_fail(err, SW_ENOMEM, "out of memory for a list of models");
    const sw_code code = subject_file_read(&g->list->items[g->list->n], path, g->keep, err);
    if (code == SW_OK)
        g->ids[g->list->n++] = id;
    return code;
}

/* The same for a file in a folder, where files that are no models are expected. */
static sw_code add_found(void *ud, const char *path, sw_err *err)
{
    gathering *const g = ud;
    sw_err why = {0};
    const sw_code code = add_file(ud, path, &why);
    if (code == SW_OK || code == SW_ENOMEM)
        return code == SW_OK ? SW_OK : sw_fail(err, code, "%s", why.msg);
    if (g->skipped != NULL)
        buf_printf(g->skipped, "%s is passed over: %s\n", path, why.msg);
    return SW_OK;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

/* The protocol's models come first, in its order. */
static int rank(const bench_subject *s)
{
    static const char *const FAMILIES[] = {"deepseek", "gpt-oss", "phimoe"};
    enum { N = sizeof FAMILIES / sizeof *FAMILIES };
    for (int i = 0; i < N; i++) {
        if (strncmp(s->record.family, FAMILIES[i], strlen(FAMILIES[i])) == 0) // "deepseek2" is one of them
            return i;
    }
    return N;
}

/* Those of one rank stay as they were named. */
static void sort(subject_list *list)
{
    for (size_t i = 1; i < list->n; i++) {
        const bench_subject s = list->items[i];
        size_t k = i;
        for (; k > 0 && rank(&list->items[k - 1]) > rank(&s); k--)
            list->items[k] = list->items[k - 1];
        list->items[k] = s;
    }
}

sw_code subject_list_from_files(subject_list *out, const char *const *paths, size_t n_paths, const char *dirs,
                                arena *keep, buf *skipped, sw_err *err)
{
    *out = (subject_list){0};
    gathering g = {.list = out, .keep = keep, .skipped = skipped};
    sw_code code = SW_OK;
    for (size_t i = 0; i < n_paths && code == SW_OK; i++)
        code = add_file(&g, paths[i], err);
    if (code == SW_OK && dirs != NULL)
        code = model_walk(dirs, add_found, &g, err);
    if (code != SW_OK)
        return code;
    if (out->n == 0)
        return sw_fail(err, SW_ENOTFOUND, "there is no model in %s; name a .gguf file, or a folder that has some",
                       dirs != NULL ? dirs : "the list of models");
    sort(out);
    return SW_OK;
}
