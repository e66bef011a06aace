/* overview_names.h - how sentences call entries, one and several. */
#ifndef OVERVIEW_OVERVIEW_NAMES_H
#define OVERVIEW_OVERVIEW_NAMES_H

#include "base/buf.h"
#include "overview/overview.h"

/* Appends "gpt-oss of run 2", or "run 2" where all are of one model. */
void overview_put_name(buf *out, const overview *o, const overview_entry *e);

/* "a, b and 3 more"; names are appended one by one. */
typedef struct overview_list {
    buf text;
    size_t n;
} overview_list;

void overview_list_init(overview_list *list);
void overview_list_add(overview_list *list, const char *name);
void overview_list_add_entry(overview_list *list, const overview *o, const overview_entry *e);
/* Appends the list to `out` and frees it. */
void overview_list_put(buf *out, overview_list *list);

#endif
