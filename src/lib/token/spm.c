/* spm.c - spaces become U+2581, characters become symbols, and scores decide what merges. */
#include "token/spm.h"

#include <string.h>

#include "base/utf8.h"

static const char SPACE[] = "\xe2\x96\x81"; // U+2581, the spelling of a space

/* Copies the text to e->text with its spaces replaced. */
static void spell(encoder *e, const char *text, size_t n)
{
    buf_clear(&e->text);
    if (e->v->adds_space_prefix)
        buf_puts(&e->text, SPACE);
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != ' ')
            continue;
        buf_append(&e->text, text + from, i - from);
        buf_puts(&e->text, SPACE);
        from = i + 1;
    }
    buf_append(&e->text, text + from, n - from);
}

/* Maps floats in falling order to unsigned integers in rising order: the bits of a positive float rise with it, those
 * of a negative one fall. */
static uint32_t priority_of(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    const uint32_t rising = (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
    return ~rising;
}

static bool find_merge(const void *ud, const symbol *left, const symbol *right, merge_pair *out)
{
    const encoder *const e = ud;
    const size_t size = (size_t)left->size + right->size;
    if (size > e->v->text_max)
        return false;
    const int32_t id = vocab_lookup(e->v, e->text.data + left->start, size);
    if (id == TOKEN_NONE)
        return false;
    *out = (merge_pair){.priority = priority_of(e->v->scores[id]), .result = id};
    return true;
}

/* One symbol per character; a byte that is not part of a valid character is a symbol of its own. */
static bool add_symbols(encoder *e)
{
    const char *const text = e->text.data;
    for (size_t i = 0; i < e->text.size;) {
        uint32_t cp;
        const int size = utf8_decode((const uint8_t *)text + i, e->text.size - i, &cp);
        const size_t n = size > 0 ? (size_t)size : 1;
        if (!merger_add(&e->merger, i, n, vocab_lookup(e->v, text + i, n)))
            return false;
        i += n;
    }
    return true;
}

/* A symbol without a token is spelled with byte tokens, or with the unknown token where a byte has none. */
static bool emit_symbol(const encoder *e, const symbol *s)
{
    if (s->id != TOKEN_NONE)
        return token_list_push(e->out, s->id);
    for (uint32_t i = 0; i < s->size; i++) {
        const int32_t byte_id = e->v->byte_ids[(uint8_t)e->text.data[s->start + i]];
        const int32_t id = byte_id != TOKEN_NONE ? byte_id : e->v->unk;
        if (id != TOKEN_NONE && !token_list_push(e->out, id))
            return false;
    }
    return true;
}

bool spm_encode(encoder *e, const char *text, size_t n)
{
    spell(e, text, n);
    merger_clear(&e->merger);
    if (e->text.failed != SW_OK || !add_symbols(e) || !merger_run(&e->merger, find_merge, e))
        return false;
    for (uint32_t i = 0; i != SYMBOL_END; i = e->merger.symbols[i].next) {
        if (!emit_symbol(e, &e->merger.symbols[i]))
            return false;
    }
    return true;
}
