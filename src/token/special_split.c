#include "token/special_split.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "token/vocab_internal.h"

static bool is_special(sw_token_type type)
{
    return type == SW_TOKEN_USER || type == SW_TOKEN_CONTROL || type == SW_TOKEN_UNKNOWN;
}

static int longest_first(const void *a, const void *b)
{
    const size_t x = ((const sw_special_length *)a)->size, y = ((const sw_special_length *)b)->size;
    return (x < y) - (x > y);
}

/* One entry per special token, each with its own first byte. */
static bool collect(sw_special_lengths *l, const sw_vocab *v)
{
    for (size_t i = 0; i < v->n; i++) {
        if (!is_special((sw_token_type)v->types[i]))
            continue;
        if (!sw_grow(&l->items, &l->cap, l->n + 1, sizeof *l->items))
            return false;
        const uint8_t first = (uint8_t)v->texts[i].data[0];
        sw_special_length *const item = &l->items[l->n++];
        *item = (sw_special_length){.size = v->texts[i].size};
        item->first_byte[first / 8] = (uint8_t)(1 << first % 8);
    }
    return true;
}

bool sw_special_lengths_init(sw_special_lengths *l, const sw_vocab *v)
{
    *l = (sw_special_lengths){0};
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

void sw_special_lengths_free(sw_special_lengths *l)
{
    sw_free(l->items);
    *l = (sw_special_lengths){0};
}

void sw_fragments_free(sw_fragments *f)
{
    sw_free(f->items);
    *f = (sw_fragments){0};
}

static bool add_fragment(sw_fragments *f, size_t start, size_t end, int32_t id)
{
    if (start == end)
        return true;
    if (!sw_grow(&f->items, &f->cap, f->n + 1, sizeof *f->items))
        return false;
    f->items[f->n++] = (sw_fragment){.start = start, .end = end, .id = id};
    return true;
}

/* The special token of `length` that stands at `at`, or SW_TOKEN_NONE. */
static int32_t token_at(const sw_vocab *v, const sw_special_length *length, const char *at, bool parse_special)
{
    const uint8_t first = (uint8_t)*at;
    if ((length->first_byte[first / 8] & (1 << first % 8)) == 0)
        return SW_TOKEN_NONE;
    const int32_t id = sw__vocab_lookup(v, at, length->size);
    if (id == SW_TOKEN_NONE)
        return SW_TOKEN_NONE;
    const sw_token_type type = (sw_token_type)v->types[id];
    return type == SW_TOKEN_USER || (parse_special && is_special(type)) ? id : SW_TOKEN_NONE;
}

/* Cuts one text fragment at every token of `length` in it. */
static bool split_fragment(const sw_vocab *v, const char *text, const sw_fragment *f, const sw_special_length *length,
                           bool parse_special, sw_fragments *out)
{
    size_t from = f->start;
    for (size_t i = f->start; length->size <= f->end - i;) {
        const int32_t id = token_at(v, length, text + i, parse_special);
        if (id == SW_TOKEN_NONE) {
            i++;
            continue;
        }
        if (!add_fragment(out, from, i, SW_TOKEN_NONE) || !add_fragment(out, i, i + length->size, id))
            return false;
        i += length->size;
        if (sw_vocab_strips_right(v, id))
            i += sw_leading_space(text + i, f->end - i);
        from = i;
    }
    return add_fragment(out, from, f->end, SW_TOKEN_NONE);
}

static bool split_all(const sw_vocab *v, const char *text, const sw_fragments *in, const sw_special_length *length,
                      bool parse_special, sw_fragments *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        const sw_fragment *const f = &in->items[i];
        const bool ok = f->id != SW_TOKEN_NONE ? add_fragment(out, f->start, f->end, f->id)
                                               : split_fragment(v, text, f, length, parse_special, out);
        if (!ok)
            return false;
    }
    return true;
}

bool sw_special_split(const sw_vocab *v, const char *text, size_t n, bool parse_special, sw_fragments *out)
{
    sw_fragments from = {0};
    out->n = 0;
    bool ok = add_fragment(out, 0, n, SW_TOKEN_NONE);
    for (size_t i = 0; ok && i < v->specials.n; i++) {
        const sw_fragments swap = from;
        from = *out;
        *out = swap;
        ok = split_all(v, text, &from, &v->specials.items[i], parse_special, out);
    }
    sw_fragments_free(&from);
    return ok;
}
