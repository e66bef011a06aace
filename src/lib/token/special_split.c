/* special_split.c - one pass over the text per length of special tokens; each pass splits what the last one left. */
#include "token/special_split.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "token/vocab.h"

static bool is_special(token_type type)
{
    return type == TOKEN_USER || type == TOKEN_CONTROL || type == TOKEN_UNKNOWN;
}

static int longest_first(const void *a, const void *b)
{
    const size_t x = ((const special_length *)a)->size, y = ((const special_length *)b)->size;
    return (x < y) - (x > y);
}

/* One entry per special token, each with its own first byte. */
static bool collect(special_lengths *l, const vocabulary *v)
{
    for (size_t i = 0; i < v->n; i++) {
        if (!is_special((token_type)v->types[i]))
            continue;
        if (!mem_grow(&l->items, &l->cap, l->n + 1, sizeof *l->items))
            return false;
        const uint8_t first = (uint8_t)v->texts[i].data[0];
        special_length *const item = &l->items[l->n++];
        *item = (special_length){.size = v->texts[i].size};
        item->first_byte[first / 8] = (uint8_t)(1 << first % 8);
    }
    return true;
}

bool special_lengths_init(special_lengths *l, const vocabulary *v)
{
    *l = (special_lengths){0};
    if (!collect(l, v))
        return false;
    if (l->n == 0)
        return true;
    qsort(l->items, l->n, sizeof *l->items, longest_first);
    size_t last = 0; // entries of one length become one
    for (size_t i = 1; i < l->n; i++) {
        if (l->items[i].size != l->items[last].size) {
            l->items[++last] = l->items[i];
            continue;
        }
        for (size_t b = 0; b < sizeof l->items->first_byte; b++)
            l->items[last].first_byte[b] |= l->items[i].first_byte[b];
    }
    l->n = last + 1;
    return true;
}

void special_lengths_free(special_lengths *l)
{
    mem_free(l->items);
    *l = (special_lengths){0};
}

void fragment_list_free(fragment_list *f)
{
    mem_free(f->items);
    *f = (fragment_list){0};
}

static bool add_fragment(fragment_list *f, size_t start, size_t end, int32_t id)
{
    if (start == end)
        return true;
    if (!mem_grow(&f->items, &f->cap, f->n + 1, sizeof *f->items))
        return false;
    f->items[f->n++] = (fragment){.start = start, .end = end, .id = id};
    return true;
}

/* The special token of `length` that begins at `at`, or TOKEN_NONE. */
static int32_t token_at(const vocabulary *v, const special_length *length, const char *at, bool parse_special)
{
    const uint8_t first = (uint8_t)*at;
    if ((length->first_byte[first / 8] & (1 << first % 8)) == 0)
        return TOKEN_NONE;
    const int32_t id = vocab_lookup(v, at, length->size);
    if (id == TOKEN_NONE)
        return TOKEN_NONE;
    const token_type type = (token_type)v->types[id];
    return type == TOKEN_USER || (parse_special && is_special(type)) ? id : TOKEN_NONE;
}

/* Splits one text fragment at every token of `length` in it. */
static bool split_fragment(const vocabulary *v, const char *text, const fragment *f, const special_length *length,
                           bool parse_special, fragment_list *out)
{
    size_t from = f->start;
    for (size_t i = f->start; length->size <= f->end - i;) {
        const int32_t id = token_at(v, length, text + i, parse_special);
        if (id == TOKEN_NONE) {
            i++;
            continue;
        }
        if (!add_fragment(out, from, i, TOKEN_NONE) || !add_fragment(out, i, i + length->size, id))
            return false;
        i += length->size;
        if (vocab_strips_right(v, id))
            i += vocab_leading_space(text + i, f->end - i);
        from = i;
    }
    return add_fragment(out, from, f->end, TOKEN_NONE);
}

/* Splits every text fragment of `in`; tokens that are already found pass through. */
static bool split_all(const vocabulary *v, const char *text, const fragment_list *in, const special_length *length,
                      bool parse_special, fragment_list *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        const fragment *const f = &in->items[i];
        const bool ok = f->id != TOKEN_NONE ? add_fragment(out, f->start, f->end, f->id)
                                            : split_fragment(v, text, f, length, parse_special, out);
        if (!ok)
            return false;
    }
    return true;
}

bool special_split(const vocabulary *v, const char *text, size_t n, bool parse_special, fragment_list *out)
{
    fragment_list from = {0};
    out->n = 0;
    bool ok = add_fragment(out, 0, n, TOKEN_NONE);
    for (size_t i = 0; ok && i < v->specials.n; i++) {
        const fragment_list swap = from;
        from = *out;
        *out = swap;
        ok = split_all(v, text, &from, &v->specials.items[i], parse_special, out);
    }
    fragment_list_free(&from);
    return ok;
}
