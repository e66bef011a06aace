/* fact_list.c - a growing array in an arena. */
#include "hosts/fact_list.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

enum { FIRST_CAP = 32, TEXT_BYTES_MAX = 400 };

void fact_list_init(fact_list *list, arena *keep)
{
    *list = (fact_list){.keep = keep};
}

/* The older array stays in the arena until that is freed. */
static bool grow(fact_list *list)
{
    const size_t cap = list->cap > 0 ? 2 * list->cap : FIRST_CAP;
    fact_record *const items = arena_alloc(list->keep, cap * sizeof *items);
    if (items == NULL)
        return false;
    if (list->n > 0)
        memcpy(items, list->items, list->n * sizeof *items);
    list->items = items;
    list->cap = cap;
    return true;
}

/* The fact of that name, or a new one; NULL when memory is short. */
static fact_record *place_of(fact_list *list, fact_name name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].name == name)
            return &list->items[i];
    }
    return list->n < list->cap || grow(list) ? &list->items[list->n++] : NULL;
}

static void put(fact_list *list, fact_name name, double number, const char *text, const char *source)
{
    fact_record *const fact = text != NULL ? place_of(list, name) : NULL;
    if (fact == NULL)
        list->failed = true;
    else
        *fact =
            (fact_record){.subject = -1, .server = -1, .name = name, .number = number, .text = text, .source = source};
}

void fact_list_number(fact_list *list, fact_name name, double number, const char *source)
{
    if (isfinite(number))
        put(list, name, number, "", source);
}

/* A copy as valid UTF-8; NULL when memory is short. */
static const char *copy_text(const fact_list *list, const char *text)
{
    const size_t n = strnlen(text, TEXT_BYTES_MAX);
    char *const copy = arena_copy(list->keep, text, n);
    if (copy != NULL)
        utf8_replace_invalid(copy, n); // also half of a character at the cut
    return copy;
}

void fact_list_number_text(fact_list *list, fact_name name, double number, const char *text, const char *source)
{
    if (isfinite(number))
        put(list, name, number, copy_text(list, text), source);
}

void fact_list_text(fact_list *list, fact_name name, const char *text, const char *source)
{
    if (text != NULL && text[0] != '\0')
        put(list, name, NAN, copy_text(list, text), source);
}
