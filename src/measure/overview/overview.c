/* overview.c - begins and ends an overview. */
#include "overview/overview.h"

#include "base/alloc.h"

sw_code overview_init(overview *o, sw_err *err)
{
    *o = (overview){.keep = arena_create()};
    strmap_init(&o->numbers);
    return o->keep != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the figures of several runs");
}

void overview_free(overview *o)
{
    for (size_t i = 0; i < o->n_entries; i++) {
        mem_free(o->entries[i].values);
        mem_free(o->entries[i].tests);
    }
    mem_free(o->runs);
    mem_free(o->entries);
    mem_free(o->lost);
    mem_free(o->texts);
    strmap_free(&o->numbers);
    arena_free(o->keep);
    *o = (overview){0};
}
