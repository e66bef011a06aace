/* document_links.c - collects names, sorts them, and looks them up. */
#include "report/document_links.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool anchor_list_has(const anchor_list *list, const char *name)
{
    return list->n > 0 && bsearch(&name, list->names, list->n, sizeof *list->names, by_name) != NULL;
}

void anchor_list_free(anchor_list *list)
{
    mem_free(list->names);
    *list = (anchor_list){0};
}

/* With `list` NULL it is only counted. */
static size_t add(anchor_list *list, const char *name)
{
    if (name == NULL)
        return 0;
    if (list != NULL)
        list->names[list->n++] = name;
    return 1;
}

static size_t add_targets_of(anchor_list *list, const doc_block *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_links; i++)
        n += add(list, b->links[i].target);
    for (size_t c = 0; c < b->n_cells; c++) {
        for (size_t i = 0; i < b->cells[c].n_links; i++)
            n += add(list, b->cells[c].links[i].target);
    }
    return n;
}

static size_t add_anchors_of(anchor_list *list, const doc_block *b)
{
    size_t n = add(list, b->anchor);
    for (size_t i = 0; i < b->n_rows; i++)
        n += add(list, b->rows[i].anchor);
    return n;
}

typedef size_t add_names_fn(anchor_list *list, const doc_block *b);

static size_t add_all(anchor_list *list, const document *doc, add_names_fn *add_names)
{
    size_t n = 0;
    for (size_t i = 0; i < doc->n_blocks; i++)
        n += doc_is_on_pages(&doc->blocks[i]) ? add_names(list, &doc->blocks[i]) : 0;
    return n;
}

static bool collect(const document *doc, add_names_fn *add_names, anchor_list *out)
{
    *out = (anchor_list){.names = mem_calloc(add_all(NULL, doc, add_names) + 1, sizeof *out->names)};
    if (out->names == NULL)
        return false;
    add_all(out, doc, add_names);
    qsort(out->names, out->n, sizeof *out->names, by_name);
    return true;
}

bool document_targets(const document *doc, anchor_list *out)
{
    return collect(doc, add_targets_of, out);
}

static void drop(const anchor_list *anchors, doc_link *links, size_t *n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < *n; i++) {
        if (anchor_list_has(anchors, links[i].target))
            links[n_kept++] = links[i];
    }
    *n = n_kept;
}

void document_drop_dead_links(document *doc)
{
    anchor_list anchors;
    doc->has_failed = doc->has_failed || !collect(doc, add_anchors_of, &anchors);
    if (doc->has_failed)
        return;
    for (size_t i = 0; i < doc->n_blocks; i++) {
        doc_block *const b = &doc->blocks[i];
        drop(&anchors, b->links, &b->n_links);
        for (size_t c = 0; c < b->n_cells; c++)
            drop(&anchors, b->cells[c].links, &b->cells[c].n_links);
    }
    anchor_list_free(&anchors);
}
