/* cgroup.c - where the groups of this process are mounted, and the files of each group.
 *
 * Source: cgroups(7), Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst of Linux.  A file that is
 * missing or says something else limits nothing: no failure here may keep a model from being loaded.
 */
#include "base/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 2 * PATH_BYTES + 512 };

/* The names of the two versions' files and members. */
typedef struct version {
    const char *limit, *usage;     // files with one number
    const char *inactive, *active; // page cache, in memory.stat; of a group and those below it
    const char *is_hierarchical;   // a file: 0 means that the limit does not reach the groups below; NULL: it does
    const char *filesystem, *controller; // in mountinfo; in the groups of a process, "" is version 2
} version;

static const version V1 = {
    .limit = "memory.limit_in_bytes",
    .usage = "memory.usage_in_bytes",
    .inactive = "total_inactive_file",
    .active = "total_active_file",
    .is_hierarchical = "memory.use_hierarchy",
    .filesystem = "cgroup",
    .controller = "memory",
};
static const version V2 = {
    .limit = "memory.max",
    .usage = "memory.current",
    .inactive = "inactive_file",
    .active = "active_file",
    .filesystem = "cgroup2",
    .controller = "",
};

/* ---- the files of one group -------------------------------------------------------------------------------------- */

static FILE *open_in(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    return n >= 0 && n < (int)sizeof path ? fopen(path, "re") : NULL;
}

/* The number in a file with one number; `fallback` if there is none, as in "max". */
static uint64_t number_in(const char *folder, const char *name, uint64_t fallback)
{
    FILE *const f = open_in(folder, name);
    if (f == NULL)
        return fallback;
    unsigned long long v;
    const uint64_t value = fscanf(f, "%llu", &v) == 1 ? v : fallback;
    fclose(f);
    return value;
}

/* Page cache in use by a group and those below it, without what is shared memory. */
static uint64_t page_cache(const char *folder, const version *v)
{
    FILE *const f = open_in(folder, "memory.stat");
    char key[64];
    unsigned long long value;
    uint64_t sum = 0;
    while (f != NULL && fscanf(f, "%63s %llu", key, &value) == 2) {
        if (strcmp(key, v->inactive) == 0 || strcmp(key, v->active) == 0)
            sum += value;
    }
    if (f != NULL)
        fclose(f);
    return sum;
}

static uint64_t left_in(const char *folder, const version *v)
{
    const uint64_t limit = number_in(folder, v->limit, UINT64_MAX);
    if (limit == UINT64_MAX)
        return UINT64_MAX;
    const uint64_t usage = number_in(folder, v->usage, 0), cache = page_cache(folder, v);
    const uint64_t used = usage > cache ? usage - cache : 0;
    return limit > used ? limit - used : 0;
}

/* The least that the groups leave from `folder` up to the first n_top bytes of its path, which are the mount point. */
static uint64_t left_upwards(char *folder, size_t n_top, const version *v)
{
    uint64_t least = left_in(folder, v);
    while (strlen(folder) > n_top) {
        *strrchr(folder, '/') = '\0';
        if (v->is_hierarchical != NULL && number_in(folder, v->is_hierarchical, 1) == 0)
            continue;
        const uint64_t left = left_in(folder, v);
        least = left < least ? left : least;
    }
    return least;
}

/* ---- where the groups are ---------------------------------------------------------------------------------------- */

/* Returns true if a list of words with commas has this word. */
static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = list; p != NULL; p = strchr(p, ',') != NULL ? strchr(p, ',') + 1 : NULL) {
        if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* The group of this process, by its path in the hierarchy: a line "4:memory:/docker/x", or "0::/user.slice".  False if
 * it is in no hierarchy of this version that counts memory. */
static bool find_group(const char *root, const version *v, char group[PATH_BYTES])
{
    char line[LINE_BYTES];
    FILE *const f = open_in(root, "proc/self/cgroup");
    bool found = false;
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *const list = strchr(line, ':'), *const path = list != NULL ? strchr(list + 1, ':') : NULL;
        if (path == NULL || strlen(path + 1) >= PATH_BYTES)
            continue;
        *path = '\0';
        found = *v->controller == '\0' ? list[1] == '\0' : has_word(list + 1, v->controller);
        if (found)
            memcpy(group, path + 1, strlen(path + 1) + 1);
    }
    if (f != NULL)
        fclose(f);
    return found;
}

/* A line of mountinfo: the group that is mounted, and where.  False if it is something else. */
static bool read_mount(char *line, const version *v, const char **top_out, const char **point_out)
{
    char *fields[5], *save = NULL; // id, parent, device, root, mount point
    char *const kind = strstr(line, " - ");
    if (kind == NULL)
        return false;
    *kind = '\0';
    for (int i = 0; i < 5; i++) {
        fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
        if (fields[i] == NULL)
            return false;
    }
    const char *const filesystem = strtok_r(kind + 3, " \n", &save), *const source = strtok_r(NULL, " \n", &save);
    const char *const options = strtok_r(NULL, " \n", &save);
    if (source == NULL || options == NULL || strcmp(filesystem, v->filesystem) != 0)
        return false;
    *top_out = fields[3];
    *point_out = fields[4];
    return *v->controller == '\0' || has_word(options, v->controller);
}

/* What of a group's path is below the group that is mounted, "" or "/a/b"; NULL if the group is not below it.  A path
 * with ".." is outside of this process's namespace: of its groups only the one that is mounted can be seen. */
static const char *below(const char *group, const char *top)
{
    if (strncmp(top, "/..", 3) == 0)
        return "";
    if (strncmp(group, "/..", 3) == 0)
        return NULL;
    const size_t n = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(group, top, n) != 0 || (group[n] != '/' && group[n] != '\0'))
        return NULL;
    return strcmp(group + n, "/") == 0 ? "" : group + n;
}

/* The least that the groups of one version leave, through every mount that shows them. */
static uint64_t left_by(const char *root, const version *v)
{
    char group[PATH_BYTES], line[LINE_BYTES], folder[PATH_BYTES];
    uint64_t least = UINT64_MAX;
    FILE *const f = find_group(root, v, group) ? open_in(root, "proc/self/mountinfo") : NULL;
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        const char *top, *point;
        if (!read_mount(line, v, &top, &point))
            continue;
        const char *const rest = below(group, top);
        const int n = rest != NULL ? snprintf(folder, sizeof folder, "%s%s%s", root, point, rest) : -1;
        if (n < 0 || n >= (int)sizeof folder)
            continue;
        const uint64_t left = left_upwards(folder, strlen(root) + strlen(point), v);
        least = left < least ? left : least;
    }
    if (f != NULL)
        fclose(f);
    return least;
}

uint64_t cgroup_memory_left(const char *root)
{
    const uint64_t v1 = left_by(root, &V1), v2 = left_by(root, &V2);
    return v1 < v2 ? v1 : v2;
}
