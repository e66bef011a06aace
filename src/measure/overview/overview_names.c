/* overview_names.c - names of entries, and lists that end with a count where they would be long. */
#include "overview/overview_names.h"

enum { NAMES_MAX = 8 };

void overview_list_init(overview_list *list)
{
    buf_init(&list->text, 1 << 18);
    list->n = 0;
}

void overview_list_add(overview_list *list, const char *name)
{
    if (list->n < NAMES_MAX)
        buf_printf(&list->text, "%s%s", list->n > 0 ? ", " : "", name);
    list->n++;
}

void overview_put_name(buf *out, const overview *o, const overview_entry *e)
{
    if (o->n_runs > 1 && o->has_several_models)
        buf_printf(out, "%s of run %d", e->model, e->run + 1);
    else
        buf_puts(out, e->label);
}

void overview_list_add_entry(overview_list *list, const overview *o, const overview_entry *e)
{
    buf name;
    buf_init(&name, 1 << 17);
    overview_put_name(&name, o, e);
    overview_list_add(list, buf_str(&name));
    buf_free_part(&name, &list->text);
}

void overview_list_put(buf *out, overview_list *list)
{
    buf_puts(out, buf_str(&list->text));
    if (list->n > NAMES_MAX)
        buf_printf(out, " and %zu more", list->n - NAMES_MAX);
    out->failed = list->text.failed != SW_OK ? list->text.failed : out->failed;
    buf_free(&list->text);
}
