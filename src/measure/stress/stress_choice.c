/* stress_choice.c - joins built-in suites and criteria with those of files and folders to the protocol of a run. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "figures/stress/criteria_file.h"
#include "stress/stress_protocol.h"
#include "stress/stress_suites.h"
#include "json/json_out.h"

enum { PATH_BYTES_MAX = 65536 };

typedef struct chosen {
    json_t *suites;
    stress_criteria criteria;
} chosen;

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for a stress protocol");
}

/* ---- suites and criteria ----------------------------------------------------------------------------------------- */

/* Appends what a text that was parsed before holds: one suite, or several. */
static sw_code append(json_t *suites, const char *text, size_t n, sw_err *err)
{
    json_t *const root = json_loadb(text, n, 0, NULL);
    json_t *const several = json_object_get(root, "suites");
    const int failed = several != NULL ? json_array_extend(suites, several) : json_array_append(suites, root);
    json_decref(root);
    return failed == 0 ? SW_OK : out_of_memory(err);
}

static sw_code append_built_in(chosen *to, const char *name, bool is_scenario, sw_err *err)
{
    const built_in_suite *const suite = stress_suite_find(name, is_scenario);
    if (suite == NULL)
        return sw_fail(err, SW_EINVAL, "there is no %s '%.100s'; `spillway stress --list` shows which there are",
                       is_scenario ? "scenario" : "suite", name);
    return append(to->suites, (const char *)suite->json, *suite->size, err);
}

static sw_code append_file(chosen *to, const char *path, sw_err *err)
{
    stress_protocol *p;
    sw_code code = stress_protocol_load(&p, path, err);
    if (code != SW_OK)
        return code;
    if (p->n_suites > 0)
        code = append(to->suites, p->json, strlen(p->json), err);
    if (code == SW_OK)
        code = stress_criteria_join(&to->criteria, &p->criteria, err);
    stress_protocol_free(p);
    return code;
}

/* ---- folders ----------------------------------------------------------------------------------------------------- */

static int is_protocol(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".json") == 0;
}

/* Every .json file of the folder, in the order of their names. */
static sw_code append_folder(chosen *to, const char *folder, sw_err *err)
{
    struct dirent **entries = NULL;
    const int n = scandir(folder, &entries, is_protocol, alphasort);
    sw_code code = n > 0 ? SW_OK : sw_fail(err, SW_ENOTFOUND, "%.200s has no protocol: no file NAME.json", folder);
    for (int i = 0; i < n; i++) {
        buf path;
        buf_init(&path, PATH_BYTES_MAX);
        buf_printf(&path, "%s/%s", folder, entries[i]->d_name);
        if (code == SW_OK)
            code = path.failed == SW_OK ? append_file(to, buf_str(&path), err) : out_of_memory(err);
        buf_free(&path);
        free(entries[i]); // scandir allocates them
    }
    free(entries);
    return code;
}

static sw_code append_path(chosen *to, const char *path, sw_err *err)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? append_folder(to, path, err) : append_file(to, path, err);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static sw_code append_all(chosen *to, const stress_choice *c, sw_err *err)
{
    sw_code code = stress_criteria_built_in(&to->criteria, err);
    for (size_t i = 0; code == SW_OK && i < c->n_suites; i++)
        code = append_built_in(to, c->suites[i], false, err);
    for (size_t i = 0; code == SW_OK && i < c->n_scenarios; i++)
        code = append_built_in(to, c->scenarios[i], true, err);
    for (size_t i = 0; code == SW_OK && i < c->n_files; i++)
        code = append_path(to, c->files[i], err);
    const bool is_default = json_array_size(to->suites) == 0; // files may have criteria alone
    for (size_t i = 0; code == SW_OK && is_default && i < N_STRESS_SUITES; i++) {
        if (!STRESS_SUITES[i].is_scenario)
            code = append_built_in(to, STRESS_SUITES[i].name, false, err);
    }
    return code;
}

static json_t *document_of(const chosen *from, const stress_choice *c)
{
    json_t *root = json_object();
    json_put(&root, "scale", json_real(c->scale));
    json_put(&root, "duration_s", json_real(c->duration_s));
    json_put(&root, "criteria", stress_criteria_json(&from->criteria));
    json_put(&root, "suites", json_incref(from->suites));
    return root;
}

sw_code stress_protocol_choose(stress_protocol **out, const stress_choice *c, sw_err *err)
{
    *out = NULL;
    chosen *const all = mem_calloc(1, sizeof *all); // much for a stack
    if (all == NULL || (all->suites = json_array()) == NULL) {
        mem_free(all);
        return out_of_memory(err);
    }
    sw_code code = append_all(all, c, err);
    json_t *const root = code == SW_OK ? document_of(all, c) : NULL;
    char *const text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;
    if (code == SW_OK)
        code = text != NULL ? stress_protocol_parse(out, text, strlen(text), "the chosen suites", err)
                            : out_of_memory(err);
    free(text); // jansson allocates it
    json_decref(root);
    json_decref(all->suites);
    mem_free(all);
    return code;
}
