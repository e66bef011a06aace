/* overview_groups.c - which entries may be compared: greedily, each with the first entry of a group that it is like. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "figures/run_alike.h"
#include "overview/overview_parts.h"

/* What another server does not tell need not be different. */
static const char *const TOLD_BY_SERVERS[] = {
    "placement", "experts_verified", "n_ctx", "kv_type", "n_threads", "n_slots", "isa", "backend", "sampler"};

enum { N_TOLD = sizeof TOLD_BY_SERVERS / sizeof *TOLD_BY_SERVERS, NO_KNOB = -1 };

static size_t count_parts(void)
{
    size_t n = 0;
    while (n < OVERVIEW_PARTS_MAX && run_part_name(n) != NULL)
        n++;
    return n;
}

static bool is_part(int part, const char *name)
{
    return part >= 0 && strcmp(run_part_name((size_t)part), name) == 0;
}

static bool is_told_by_servers(int part)
{
    for (size_t i = 0; i < N_TOLD; i++) {
        if (is_part(part, TOLD_BY_SERVERS[i]))
            return true;
    }
    return false;
}

/* "-; ", or nothing. */
static bool is_unknown(const char *text)
{
    return text[strspn(text, "-; ")] == '\0';
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Returns true if a part that differs follows from the knob: the bytes of another model, the name of another version of
 * spillway.  */
static bool follows(const char *a, const char *b, int part, int knob)
{
    if (is_part(knob, "models"))
        return is_part(part, "placement");
    if (is_part(knob, "version"))
        return is_part(part, "server") && starts(a, "spillway ") && starts(b, "spillway ");
    return is_part(knob, "server") && is_told_by_servers(part) && (is_unknown(a) || is_unknown(b));
}

static bool is_alike_in(const overview *o, const overview_entry *a, const overview_entry *b, int part, int knob)
{
    return a->parts[part] == b->parts[part] || part == knob ||
           follows(o->texts[a->parts[part]], o->texts[b->parts[part]], part, knob);
}

static bool is_alike(const overview *o, const overview_entry *a, const overview_entry *b, int knob)
{
    const int n = (int)count_parts();
    for (int part = 0; part < n; part++) {
        if (!is_alike_in(o, a, b, part, knob))
            return false;
    }
    return true;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

/* Sets every entry's group with this knob; returns how many there are.  `firsts` has a place for each entry. */
static int divide(overview *o, int knob, size_t *firsts)
{
    int n_groups = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        overview_entry *const e = &o->entries[i];
        e->group = -1;
        if (!o->runs[e->run].is_ranked)
            continue;
        int group = 0;
        while (group < n_groups && !is_alike(o, &o->entries[firsts[group]], e, knob))
            group++;
        if (group == n_groups)
            firsts[n_groups++] = i;
        e->group = group;
    }
    return n_groups;
}

/* Comparing what was asked in different ways takes a request: it is chosen by name only. */
static bool may_be_chosen(int part)
{
    return !is_part(part, "protocol") && !is_part(part, "settings");
}

/* Pairs of entries of one model and different runs that may be compared, as they are divided now. */
static size_t count_pairs(const overview *o)
{
    int models = 0;
    while (!is_part(models, "models"))
        models++;
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        for (size_t k = i + 1; k < o->n_entries; k++) {
            const overview_entry *const a = &o->entries[i], *const b = &o->entries[k];
            n += a->group >= 0 && a->group == b->group && a->run != b->run && a->parts[models] == b->parts[models];
        }
    }
    return n;
}

/* Runs are put side by side to compare what differs between them, and then their models. */
static int choose_knob(overview *o, size_t *firsts)
{
    int best = NO_KNOB, n_best = divide(o, NO_KNOB, firsts);
    size_t n_best_pairs = count_pairs(o);
    const int n = (int)count_parts();
    for (int part = 0; part < n && n_best > 1; part++) {
        if (!may_be_chosen(part))
            continue;
        const int n_groups = divide(o, part, firsts);
        const size_t n_pairs = count_pairs(o);
        if (n_pairs > n_best_pairs || (n_pairs == n_best_pairs && n_groups < n_best)) {
            best = part;
            n_best = n_groups;
            n_best_pairs = n_pairs;
        }
    }
    return best;
}

static sw_code find_knob(const char *name, int *out, sw_err *err)
{
    const int n = (int)count_parts();
    for (*out = 0; *out < n; (*out)++) {
        if (is_part(*out, name))
            return SW_OK;
    }
    buf names;
    buf_init(&names, 1024);
    for (int i = 0; i < n; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", run_part_name((size_t)i));
    const sw_code code = sw_fail(err, SW_EINVAL, "--knob takes %s, not '%.40s'", buf_str(&names), name);
    buf_free(&names);
    return code;
}

typedef struct group_size {
    int group;
    size_t n;
} group_size;

static int largest_first(const void *a, const void *b)
{
    const group_size *const x = a, *const y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : x->group - y->group;
}

/* Gives new numbers, the largest group the first. */
static sw_code sort_groups(overview *o, sw_err *err)
{
    const size_t n = (size_t)o->n_groups;
    group_size *const sizes = mem_calloc(n + 1, sizeof *sizes);
    int *const numbers = mem_calloc(n + 1, sizeof *numbers);
    if (sizes != NULL && numbers != NULL) {
        for (size_t i = 0; i < n; i++)
            sizes[i].group = (int)i;
        for (size_t i = 0; i < o->n_entries; i++) {
            if (o->entries[i].group >= 0)
                sizes[o->entries[i].group].n++;
        }
        qsort(sizes, n, sizeof *sizes, largest_first);
        for (size_t i = 0; i < n; i++)
            numbers[sizes[i].group] = (int)i;
        for (size_t i = 0; i < o->n_entries; i++)
            o->entries[i].group = o->entries[i].group >= 0 ? numbers[o->entries[i].group] : -1;
    }
    const bool ok = sizes != NULL && numbers != NULL;
    mem_free(sizes);
    mem_free(numbers);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for groups of runs");
}

static const overview_entry *first_of(const overview *o, int group)
{
    for (size_t i = 0; i < o->n_entries; i++) {
        if (o->entries[i].group == group)
            return &o->entries[i];
    }
    return NULL;
}

/* Parts that were taken for alike because a server does not tell them. */
static void find_untold(overview *o, int knob)
{
    const size_t n = count_parts();
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        const overview_entry *const first = e->group >= 0 ? first_of(o, e->group) : NULL;
        for (size_t part = 0; first != NULL && part < n; part++)
            o->is_untold[part] |= is_part(knob, "server") && (int)part != knob && e->parts[part] != first->parts[part];
    }
}

sw_code overview_find_groups(overview *o, const char *knob, sw_err *err)
{
    int part = NO_KNOB;
    sw_code code = knob != NULL ? find_knob(knob, &part, err) : SW_OK;
    if (code != SW_OK)
        return code;
    size_t *const firsts = mem_calloc(o->n_entries + 1, sizeof *firsts);
    if (firsts == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for groups of runs");
    if (knob == NULL)
        part = choose_knob(o, firsts);
    o->n_groups = divide(o, part, firsts);
    o->knob = part != NO_KNOB ? run_part_name((size_t)part) : NULL;
    mem_free(firsts);
    code = sort_groups(o, err);
    if (code == SW_OK)
        find_untold(o, part);
    return code;
}

size_t overview_differences(const overview *o, const overview_entry *e, size_t *parts_out)
{
    int knob = NO_KNOB;
    const overview_entry *const first = first_of(o, 0);
    const size_t n_parts = count_parts();
    size_t n = 0;
    if (o->knob != NULL && find_knob(o->knob, &knob, NULL) != SW_OK)
        return 0;
    for (size_t part = 0; first != NULL && part < n_parts; part++) {
        if (!is_alike_in(o, first, e, (int)part, knob))
            parts_out[n++] = part;
    }
    return n;
}
