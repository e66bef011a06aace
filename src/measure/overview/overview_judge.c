/* overview_judge.c - when all runs are added: names that tell them apart, groups, and the best of each. */
#include <string.h>

#include "overview/overview_parts.h"

enum { LABEL_BYTES_MAX = 1 << 20 };

static bool has_several_models(const overview *o)
{
    for (size_t i = 1; i < o->n_entries; i++) {
        if (strcmp(o->entries[i].model, o->entries[0].model) != 0 || o->entries[i].run == o->entries[i - 1].run)
            return true;
    }
    return false;
}

/* Labels tell entries apart, and are no longer than they must be. */
static sw_code put_labels(overview *o, sw_err *err)
{
    const bool has_models = o->has_several_models = has_several_models(o);
    for (size_t i = 0; i < o->n_entries; i++) {
        overview_entry *const e = &o->entries[i];
        buf text;
        buf_init(&text, LABEL_BYTES_MAX);
        if (o->n_runs == 1)
            buf_puts(&text, e->model);
        else
            buf_printf(&text, has_models ? "%d %s" : "run %d", e->run + 1, e->model);
        e->label = text.failed == SW_OK ? arena_copy(o->keep, buf_str(&text), text.size) : NULL;
        buf_free(&text);
        if (e->label == NULL)
            return sw_fail(err, SW_ENOMEM, "out of memory for the names of several runs");
    }
    return SW_OK;
}

sw_code overview_judge(overview *o, const char *knob, sw_err *err)
{
    sw_code code = put_labels(o, err);
    if (code == SW_OK)
        code = overview_find_groups(o, knob, err);
    return code == SW_OK ? overview_rank(o, err) : code;
}
