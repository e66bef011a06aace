/* model_catalog.c - the entries, with what the headers of their files say. */
#include "serving/model_catalog.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/utf8.h"

enum { MODELS_MAX = 4096 }; // entries of the list; real folders hold dozens

/* ---- entries ---------------------------------------------------------------------------------------------------- */

void model_catalog_say(const model_catalog *c, const char *path, const char *what)
{
    buf line;
    if (c->names_only)
        return;
    buf_init(&line, 8 * PATH_MAX);
    escape_terminal(&line, path, strlen(path));
    buf_puts(&line, ": ");
    escape_terminal(&line, what, strlen(what));
    fprintf(stderr, "models: %s\n", buf_str(&line));
    buf_free(&line);
}

static bool ends_with(const char *s, const char *tail)
{
    const size_t n = strlen(s), k = strlen(tail);
    return n >= k && strcmp(s + n - k, tail) == 0;
}

/* Returns the part's number of a name s[0..n) that ends in "-00002-of-00005", and the length of what is before; 0: the
 * name has another form. */
static int split_part(const char *s, size_t n, size_t *stem_out)
{
    enum { SUFFIX = 15 };
    int part, of, used = 0;
    if (n <= SUFFIX || sscanf(s + n - SUFFIX, "-%5d-of-%5d%n", &part, &of, &used) != 2 || used != SUFFIX || part < 1)
        return 0;
    *stem_out = n - SUFFIX;
    return part;
}

bool model_file_is_listed(const char *name)
{
    size_t stem;
    const size_t n = strlen(name);
    if (name[0] == '.' || n <= strlen(".gguf") || !ends_with(name, ".gguf"))
        return false;
    return split_part(name, n - strlen(".gguf"), &stem) <= 1;
}

static char *make_id(const char *path)
{
    if (strcmp(path, "stub:") == 0)
        return mem_strdup("stub");
    const char *const slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    size_t n = strlen(name);
    if (ends_with(name, ".gguf"))
        n -= strlen(".gguf");
    split_part(name, n, &n);
    return mem_strndup(name, n);
}

static sw_code no_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "not enough memory for the list of models");
}

static void free_entry(model_entry *m)
{
    mem_free(m->id);
    mem_free(m->old_id);
    mem_free(m->path);
    mem_free(m);
}

void model_entry_hide_path(const model_entry *m, const char *message, char *out, size_t size)
{
    const char *const slash = strrchr(m->path, '/');
    const size_t n_path = strlen(m->path), n_folder = slash != NULL ? (size_t)(slash - m->path) + 1 : 0;
    size_t n = 0;
    out[0] = '\0';
    for (const char *p = message; *p != '\0' && n + 1 < size;) {
        if (strncmp(p, m->path, n_path) == 0) {
            snprintf(out + n, size - n, "%s", m->id);
            p += n_path;
        } else if (n_folder > 1 && strncmp(p, m->path, n_folder) == 0) { // another part of a split file
            p += n_folder;
        } else {
            snprintf(out + n, size - n, "%c", *p++);
        }
        n += strlen(out + n);
    }
}

static bool read_facts(model_facts *f, const char *path, sw_err *err)
{
    sw_model_file *file;
    if (sw_model_file_open(&file, path, err) != SW_OK)
        return false;
    const sw_model_info *const i = sw_model_file_info(file);
    *f = (model_facts){
        .n_vocab = i->n_vocab,
        .n_ctx_train = i->n_ctx_train,
        .n_embd = i->n_embd,
        .n_layers = i->n_layers,
        .n_params = i->n_params,
        .n_params_active = i->n_params_active,
        .n_experts = i->n_experts,
        .n_experts_used = i->n_experts_used,
        .n_experts_shared = i->n_experts_shared,
        .chat_format = i->chat_format,
        .chat_note = i->chat_note,
        .compat_difference = i->compat_difference,
    };
    snprintf(f->quant, sizeof f->quant, "%s", i->quant);
    snprintf(f->arch, sizeof f->arch, "%s", i->arch);
    sw_model_file_close(file);
    return true;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Reserves the list at its full size with the first entry, so that it never moves. */
static bool reserve_list(model_catalog *c)
{
    if (c->entries == NULL)
        c->entries = mem_calloc(MODELS_MAX, sizeof *c->entries);
    return c->entries != NULL;
}

/* Fills what the file says of itself. */
static void look_at_file(const model_catalog *c, model_entry *m)
{
    sw_err why = {0};
    struct stat st;
    if (stat(m->path, &st) == 0) {
        m->file_bytes = (uint64_t)st.st_size;
        m->mtime = st.st_mtime;
    }
    if (strcmp(m->path, "stub:") != 0 && !c->names_only)
        m->has_facts = read_facts(&m->facts, m->path, &why);
    if (why.code != SW_OK) {
        model_entry_hide_path(m, why.msg, m->error, sizeof m->error);
        model_catalog_say(c, m->id, m->error);
    }
}

/* `id` NULL is that of the file's name.  Returns NULL if memory is short. */
static model_entry *new_entry(const char *path, const char *id, bool is_manual)
{
    model_entry *const m = mem_calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->id = id != NULL ? mem_strdup(id) : make_id(path);
    m->path = mem_strdup(path);
    m->is_manual = is_manual;
    if (m->id != NULL && m->path != NULL) {
        utf8_replace_invalid(m->id, strlen(m->id)); // it is written as JSON; the path stays as it is
        return m;
    }
    free_entry(m);
    return NULL;
}

/* The entry that has this id, or had it before it was renamed. */
static const model_entry *find_old_or_new(const model_catalog *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->entries[i]->old_id != NULL && strcmp(c->entries[i]->old_id, id) == 0)
            return c->entries[i];
    }
    return model_catalog_find(c, id);
}

/* Adds m at the end, or frees it if it cannot be listed. */
static void add_entry(model_catalog *c, model_entry *m)
{
    const model_entry *const known = find_old_or_new(c, m->id);
    const bool is_full = c->n == MODELS_MAX;
    if (known == NULL && !is_full) {
        look_at_file(c, m);
        m->index = c->n;
        c->entries[m->index] = m;
        atomic_store(&c->n, m->index + 1);
        return;
    }
    if (known == NULL || !is_same_file(known->path, m->path)) // else it was named on the command line, or found before
        model_catalog_say(c, m->path,
                          is_full ? "skipped, the list of models is full" : "skipped, another file has this name");
    free_entry(m);
}

static sw_code add(model_catalog *c, const char *path, const char *id, bool is_manual, sw_err *err)
{
    model_entry *const m = reserve_list(c) ? new_entry(path, id, is_manual) : NULL;
    if (m == NULL)
        return no_memory(err);
    add_entry(c, m);
    return SW_OK;
}

sw_code model_catalog_add(model_catalog *c, const char *path, sw_err *err)
{
    return add(c, path, NULL, true, err);
}

sw_code model_catalog_add_found(model_catalog *c, const char *path, const char *id, sw_err *err)
{
    return add(c, path, id, false, err);
}

sw_code model_catalog_rename(model_catalog *c, const model_entry *m, const char *id, sw_err *err)
{
    const model_entry *const known = model_catalog_find(c, id);
    if (known != NULL && known != m)
        return sw_fail(err, SW_EINVAL, "the name '%.80s' cannot be used twice: %.80s is also called so", id,
                       known->path);
    char *const copy = mem_strdup(id);
    if (copy == NULL)
        return no_memory(err);
    model_entry *const renamed = c->entries[m->index];
    mem_free(renamed->old_id);
    renamed->old_id = renamed->id;
    renamed->id = copy;
    return SW_OK;
}

/* ---- reading the list ------------------------------------------------------------------------------------------- */

/* Returns true if the name is id[0..n) and then `tail`. */
static bool is_named(const char *name, const char *id, size_t n, const char *tail)
{
    return strncmp(name, id, n) == 0 && strcmp(name + n, tail) == 0;
}

/* The entry whose id is id[0..n) and then `tail`; NULL: there is none. */
static const model_entry *find(const model_catalog *c, const char *id, size_t n, const char *tail)
{
    const size_t n_entries = model_catalog_n(c);
    for (size_t i = 0; i < n_entries; i++) {
        if (is_named(c->entries[i]->id, id, n, tail))
            return c->entries[i];
    }
    return NULL;
}

/* By the name that Ollama's clients have for an id without a tag: ID:latest, or with a colon in place of a dash. */
static const model_entry *find_tagged(const model_catalog *c, const char *name)
{
    char tail[NAME_MAX + 1];
    const char *const colon = strrchr(name, ':');
    if (colon == NULL)
        return NULL;
    const size_t n = (size_t)(colon - name);
    if (strcmp(colon, ":latest") == 0)
        return find(c, name, n, "");
    return snprintf(tail, sizeof tail, "-%s", colon + 1) < (int)sizeof tail ? find(c, name, n, tail) : NULL;
}

const model_entry *model_catalog_find(const model_catalog *c, const char *id)
{
    const size_t n = strlen(id);
    const model_entry *m = find(c, id, n, "");
    if (m == NULL && ends_with(id, ".gguf"))
        m = find(c, id, n - strlen(".gguf"), "");
    if (m == NULL && n > 0)
        m = find(c, id, n, ":latest");
    return m != NULL ? m : find_tagged(c, id);
}

void model_catalog_say_unknown(const model_catalog *c, const char *id, sw_err *why)
{
    char names[320] = "";
    const size_t n_entries = model_catalog_n(c);
    size_t n = 0, i = 0;
    for (; i < n_entries && n + strlen(c->entries[i]->id) + 2 < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", c->entries[i]->id);
    if (n_entries == 0)
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.80s' is not known here; no model was found at start", id);
    else if (i < n_entries)
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.80s' is not known here; known are %s and %zu more", id, names,
                      n_entries - i);
    else
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.80s' is not known here; known are %s", id, names);
}

size_t model_catalog_n_manual(const model_catalog *c)
{
    const size_t n_entries = model_catalog_n(c);
    size_t n = 0;
    for (size_t i = 0; i < n_entries; i++)
        n += c->entries[i]->is_manual;
    return n;
}

void model_catalog_free(model_catalog *c)
{
    for (size_t i = 0; i < c->n; i++)
        free_entry(c->entries[i]);
    mem_free(c->entries);
    *c = (model_catalog){0};
}
