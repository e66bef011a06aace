/* linked_text.c - a buffer, and a list of places in it. */
#include "report/linked_text.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void linked_text_init(linked_text *t, size_t max)
{
    *t = (linked_text){0};
    buf_init(&t->text, max);
}

void linked_text_free(linked_text *t)
{
    buf_free(&t->text);
    mem_free(t->links);
    t->links = NULL;
    t->n_links = t->cap_links = 0;
}

void linked_text_clear(linked_text *t)
{
    buf_clear(&t->text);
    t->n_links = 0;
}

void linked_text_puts(linked_text *t, const char *text)
{
    buf_puts(&t->text, text);
}

static void append_formatted(buf *out, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/* What is longer than a sentence may be makes the buffer fail. */
static void append_formatted(buf *out, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *const text = n >= 0 ? mem_alloc((size_t)n + 1) : NULL;
    if (text == NULL) {
        out->failed = out->failed == SW_OK ? SW_ENOMEM : out->failed;
        return;
    }
    vsnprintf(text, (size_t)n + 1, fmt, args);
    buf_append(out, text, (size_t)n);
    mem_free(text);
}

void linked_text_printf(linked_text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append_formatted(&t->text, fmt, args);
    va_end(args);
}

static void add_link(linked_text *t, size_t begin, size_t end, const char *target)
{
    if (!mem_grow(&t->links, &t->cap_links, t->n_links + 1, sizeof *t->links)) {
        t->text.failed = SW_ENOMEM;
        return;
    }
    text_link *const link = &t->links[t->n_links++];
    link->begin = begin;
    link->end = end;
    snprintf(link->target, sizeof link->target, "%s", target);
}

void linked_text_link(linked_text *t, const char *target, const char *fmt, ...)
{
    const size_t begin = t->text.size;
    va_list args;
    va_start(args, fmt);
    append_formatted(&t->text, fmt, args);
    va_end(args);
    add_link(t, begin, t->text.size, target);
}

void linked_text_append(linked_text *t, const linked_text *part)
{
    const size_t at = t->text.size;
    buf_append(&t->text, buf_str(&part->text), part->text.size);
    for (size_t i = 0; i < part->n_links; i++)
        add_link(t, at + part->links[i].begin, at + part->links[i].end, part->links[i].target);
    t->text.failed = part->text.failed != SW_OK ? part->text.failed : t->text.failed;
}
