/* cgroup.c - where the groups of a process are mounted, and the files of each group.
 *
 * Source: cgroups(7), Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst of Linux.  A file that is
 * missing or says something else limits nothing: no failure here may keep a model from being loaded.
 */
#include "base/cgroup.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 2 * CGROUP_PATH_BYTES + 512 };

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
    char path[CGROUP_PATH_BYTES];
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

/* A figure of one group; UINT64_MAX: it sets none. */
typedef uint64_t (*group_figure)(const char *folder, const version *v);

/* Version 1 writes a limit of almost 2^63 for none. */
static uint64_t limit_in(const char *folder, const version *v)
{
    const uint64_t limit = number_in(folder, v->limit, UINT64_MAX);
    return limit < (uint64_t)1 << 62 ? limit : UINT64_MAX;
}

static uint64_t left_in(const char *folder, const version *v)
{
    const uint64_t limit = limit_in(folder, v);
    if (limit == UINT64_MAX)
        return UINT64_MAX;
    const uint64_t usage = number_in(folder, v->usage, 0), cache = page_cache(folder, v);
    const uint64_t used = usage > cache ? usage - cache : 0;
    return limit > used ? limit - used : 0;
}

/* The least of a figure from the group up to the mount point. */
static uint64_t least_upwards(const cgroup_place *place, group_figure figure)
{
    const version *const v = place->is_v2 ? &V2 : &V1;
    char folder[CGROUP_PATH_BYTES];
    memcpy(folder, place->folder, sizeof folder);
    uint64_t least = figure(folder, v);
    while (strlen(folder) > place->n_top) {
        *strrchr(folder, '/') = '\0';
        if (v->is_hierarchical != NULL && number_in(folder, v->is_hierarchical, 1) == 0)
            continue;
        const uint64_t value = figure(folder, v);
        least = value < least ? value : least;
    }
    return least;
}

uint64_t cgroup_limit(const cgroup_place *place)
{
    return least_upwards(place, limit_in);
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

/* The group of a process, by its path in the hierarchy: a line "4:memory:/docker/x", or "0::/user.slice".  False if it
 * is in no hierarchy of this version that counts memory. */
static bool find_group(const char *root, long pid, const version *v, char group[CGROUP_PATH_BYTES])
{
    char line[LINE_BYTES], name[64] = "proc/self/cgroup";
    if (pid != 0)
        snprintf(name, sizeof name, "proc/%ld/cgroup", pid);
    FILE *const f = open_in(root, name);
    bool found = false;
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *const list = strchr(line, ':'), *const path = list != NULL ? strchr(list + 1, ':') : NULL;
        if (path == NULL || strlen(path + 1) >= CGROUP_PATH_BYTES)
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

/* The next mount that shows the group.  False: there is no further one. */
static bool next_place(FILE *mounts, const char *root, const version *v, const char *group, cgroup_place *out)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, mounts) != NULL) {
        const char *top, *point;
        if (!read_mount(line, v, &top, &point))
            continue;
        const char *const rest = below(group, top);
        const int n = rest != NULL ? snprintf(out->folder, sizeof out->folder, "%s%s%s", root, point, rest) : -1;
        out->n_top = strlen(root) + strlen(point);
        out->is_v2 = v == &V2;
        if (n >= 0 && n < (int)sizeof out->folder)
            return true;
    }
    return false;
}

bool cgroup_place_of(const char *root, long pid, bool is_v2, cgroup_place *out)
{
    const version *const v = is_v2 ? &V2 : &V1;
    char group[CGROUP_PATH_BYTES];
    FILE *const mounts = find_group(root, pid, v, group) ? open_in(root, "proc/self/mountinfo") : NULL;
    const bool is_found = mounts != NULL && next_place(mounts, root, v, group, out);
    if (mounts != NULL)
        fclose(mounts);
    return is_found;
}

/* The least that the groups of one version leave, through every mount that shows them. */
static uint64_t left_by(const char *root, const version *v)
{
    char group[CGROUP_PATH_BYTES];
    cgroup_place place;
    uint64_t least = UINT64_MAX;
    FILE *const mounts = find_group(root, /*pid=*/0, v, group) ? open_in(root, "proc/self/mountinfo") : NULL;
    while (mounts != NULL && next_place(mounts, root, v, group, &place)) {
        const uint64_t left = least_upwards(&place, left_in);
        least = left < least ? left : least;
    }
    if (mounts != NULL)
        fclose(mounts);
    return least;
}

uint64_t cgroup_memory_left(const char *root)
{
    const uint64_t v1 = left_by(root, &V1), v2 = left_by(root, &V2);
    return v1 < v2 ? v1 : v2;
}
