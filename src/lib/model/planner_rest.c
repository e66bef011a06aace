/* planner_rest.c - tensors of the file that nothing uses.
 *
 * A tensor under a wrong name, or one of a part that this build does not compute, would leave a model that runs and
 * answers wrongly.  Those that no answer depends on are listed here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/planner.h"

static bool begins_with(str_view s, const char *prefix)
{
    const size_t n = strlen(prefix);
    return s.size >= n && memcmp(s.data, prefix, n) == 0;
}

/* The layer of "blk.N.rest", and the rest; false for other names. */
static bool layer_of(str_view name, size_t *layer, str_view *rest)
{
    if (!begins_with(name, "blk."))
        return false;
    size_t i = 4, n = 0;
    for (; i < name.size && name.data[i] >= '0' && name.data[i] <= '9' && n < SIZE_MAX / 16; i++)
        n = n * 10 + (size_t)(name.data[i] - '0');
    *layer = n;
    *rest = (str_view){name.data + i, name.size - i};
    return i > 4 && begins_with(*rest, ".");
}

/* True if no answer depends on the tensor: it repeats others, is of a layer that is not used, or of another part of the
 * file, such as an encoder of images. */
static bool may_be_unused(const planner *p, str_view name)
{
    static const char *const GLOBALS[] = {"token_embd", "token_types", "position_embd", "output", "rope_"};
    size_t layer;
    str_view rest;
    if (layer_of(name, &layer, &rest))
        return (layer >= p->h->n_layers && layer < p->h->n_layers_stored) || begins_with(rest, ".attn_rot_embd.") ||
               (p->h->n_latent > 0 && str_view_eq(rest, ".attn_kv_b.weight")); // k_b and v_b in one
    for (size_t i = 0; i < sizeof GLOBALS / sizeof *GLOBALS; i++) {
        if (begins_with(name, GLOBALS[i]))
            return false;
    }
    return true;
}

static int compare_addresses(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t) * (const gguf_tensor *const *)a, y = (uintptr_t) * (const gguf_tensor *const *)b;
    return x < y ? -1 : x > y;
}

static void fail_unused(planner *p, str_view name)
{
    snprintf(p->name, sizeof p->name, "%.*s", (int)(name.size < sizeof p->name ? name.size : sizeof p->name - 1),
             name.data);
    planner_fail(
        p, SW_EUNSUPPORTED,
        "has no use in a model of architecture '%s' with %zu layers, and without it the answers would be wrong; "
        "convert the model again",
        p->h->arch.name, p->h->n_layers);
}

void planner_expect_all_used(planner *p)
{
    const size_t n_used = p->w->n_items;
    if (p->code != SW_OK)
        return;
    const gguf_tensor **const used = mem_calloc(n_used, sizeof *used);
    if (used == NULL) {
        p->code = sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", gguf_path(p->g));
        return;
    }
    for (size_t i = 0; i < n_used; i++)
        used[i] = p->w->items[i].tensor;
    qsort(used, n_used, sizeof *used, compare_addresses);
    for (size_t i = 0; i < gguf_n_tensors(p->g) && p->code == SW_OK; i++) {
        const gguf_tensor *const t = gguf_tensor_at(p->g, i);
        if (!may_be_unused(p, t->name) && bsearch(&t, used, n_used, sizeof *used, compare_addresses) == NULL)
            fail_unused(p, t->name);
    }
    mem_free(used);
}
