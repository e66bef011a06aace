/* gpu_tables.c - tables one behind the other, as long as this step needs them: one copy takes all of them. */
#include "forward/gpu/gpu_tables.h"

#include <string.h>

enum { ALIGN = 64, N_TOKEN_TABLES = 7, N_TABLES = 14, SPAN_POSITIONS = KV_SPAN * KV_PAGE };

static size_t pages_of(size_t n_tokens)
{
    return (n_tokens + KV_PAGE - 1) / KV_PAGE;
}

size_t gpu_tables_bytes(const gpu_room_sizes *s)
{
    const size_t n = s->n_batch;
    const size_t n_pairs = (n < GPU_FEW_TOKENS ? n : GPU_FEW_TOKENS) * s->h->n_expert_used;
    return (n * N_TOKEN_TABLES + 2 * n_pairs) * sizeof(int32_t) + n * sizeof(gpu_block) +
           n * s->h->n_rot * sizeof(float) + 2 * s->n_seqs * pages_of(s->n_ctx) * sizeof(uint64_t) +
           (size_t)N_TABLES * ALIGN;
}

/* The next table of n_bytes: where it is filled, and where it will be. */
typedef struct table_writer {
    uint8_t *staging;
    const uint8_t *at;
    size_t used;
} table_writer;

static void *next(table_writer *w, size_t n_bytes, void *address_out)
{
    void *const here = w->staging + w->used;
    const uint8_t *const there = w->at + w->used;
    memcpy(address_out, &there, sizeof there); // the member points to the table's own type
    w->used += (n_bytes + ALIGN - 1) / ALIGN * ALIGN;
    return here;
}

static int window_begin(const hparams *h, int end)
{
    return h->n_window > 0 && end > h->n_window ? end - h->n_window : 0;
}

/* Sequences are numbered as they come: only those of the step have rows of pages. */
static void fill_tokens(gpu_tables *t, table_writer *w, const gpu_tables_source *s)
{
    const token_batch *const b = s->b;
    const size_t n_bytes = b->n * sizeof(int32_t);
    int32_t *const id = next(w, n_bytes, &t->id), *const position = next(w, n_bytes, &t->position);
    int32_t *const seq = next(w, n_bytes, &t->seq), *const end = next(w, n_bytes, &t->end);
    int32_t *const full = next(w, n_bytes, &t->begin[0]), *const windowed = next(w, n_bytes, &t->begin[1]);
    int32_t *const wanted = next(w, n_bytes, &t->wanted);
    int32_t row = -1;
    for (size_t i = 0; i < b->n; i++) {
        const batch_token *const token = &b->tokens[i];
        row += i == 0 || token->seq != b->tokens[i - 1].seq;
        id[i] = token->id;
        position[i] = token->pos;
        seq[i] = row;
        end[i] = token->pos + 1;
        full[i] = 0;
        windowed[i] = window_begin(s->h, end[i]);
        if (token->wants_logits)
            wanted[t->n_wanted++] = (int32_t)i;
    }
}

static void fill_pairs(gpu_tables *t, table_writer *w, const gpu_tables_source *s)
{
    const size_t k = s->h->n_expert_used, n_pairs = s->b->n * k;
    if (s->b->n > GPU_FEW_TOKENS || n_pairs == 0)
        return;
    int32_t *const pair = next(w, n_pairs * sizeof *pair, &t->pair);
    int32_t *const token = next(w, n_pairs * sizeof *token, &t->pair_token);
    for (size_t p = 0; p < n_pairs; p++) {
        pair[p] = (int32_t)p;
        token[p] = (int32_t)(p / k);
    }
}

static void fill_blocks(gpu_tables *t, table_writer *w, const gpu_tables_source *s)
{
    const token_batch *const b = s->b;
    gpu_block *const blocks = next(w, b->n * sizeof *blocks, &t->blocks);
    for (size_t i = 0; i < b->n; i++) {
        gpu_block *const last = t->n_blocks > 0 ? &blocks[t->n_blocks - 1] : NULL;
        if (last != NULL && (size_t)last->n < s->n_together && b->tokens[i].seq == b->tokens[i - 1].seq)
            last->n++;
        else
            blocks[t->n_blocks++] = (gpu_block){(int32_t)i, 1};
    }
}

static void fill_angles(gpu_tables *t, table_writer *w, const gpu_tables_source *s)
{
    const size_t n_bytes = s->b->n * (s->h->n_rot / 2) * sizeof(float);
    float *const cosines = next(w, n_bytes, &t->cosines), *const sines = next(w, n_bytes, &t->sines);
    if (n_bytes > 0) {
        memcpy(cosines, s->angles->cosines, n_bytes);
        memcpy(sines, s->angles->sines, n_bytes);
    }
}

/* Addresses of a class's pages.  Those that were dropped or are not there yet are 0: no query of the step sees them. */
static void fill_pages(gpu_tables *t, table_writer *w, const gpu_tables_source *s, int kind, size_t n_rows)
{
    const kv_class *const c = &s->kv->classes[2 * s->tier + kind];
    if (c->n_layers == 0)
        return;
    uint64_t *const pages = next(w, n_rows * t->ld_pages * sizeof *pages, &t->pages[kind]);
    const token_batch *const b = s->b;
    size_t row = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (i > 0 && b->tokens[i].seq == b->tokens[i - 1].seq)
            continue;
        const kv_pages *const seq = &c->seqs[b->tokens[i].seq];
        for (size_t page = 0; page < t->ld_pages; page++)
            pages[row * t->ld_pages + page] = page < (size_t)seq->end ? (uint64_t)(uintptr_t)seq->pages[page] : 0;
        row++;
    }
}

/* Spans that any token sees, of full and of windowed layers, and pages up to the end of the last one: so both stay the
 * same for many steps, which are then the same work (gpu/segments.h). */
static void find_spans(gpu_tables *t, const gpu_tables_source *s)
{
    const hparams *const h = s->h;
    const token_batch *const b = s->b;
    const size_t n_pages_max = (size_t)s->kv->n_pages_max;
    int last = 0, first_windowed = INT32_MAX;
    for (size_t i = 0; i < b->n; i++) {
        const int pos = b->tokens[i].pos, begin = window_begin(h, pos + 1);
        last = pos > last ? pos : last;
        first_windowed = begin < first_windowed ? begin : first_windowed;
    }
    t->first_span[0] = 0;
    t->first_span[1] = first_windowed / SPAN_POSITIONS;
    for (int i = 0; i < 2; i++)
        t->n_spans[i] = last / SPAN_POSITIONS - t->first_span[i] + 1;
    t->ld_pages = ((size_t)last / SPAN_POSITIONS + 1) * KV_SPAN;
    t->ld_pages = t->ld_pages < n_pages_max ? t->ld_pages : n_pages_max;
}

size_t gpu_tables_fill(gpu_tables *t, const gpu_tables_source *s, uint8_t *staging, const uint8_t *at)
{
    table_writer w = {.staging = staging, .at = at};
    *t = (gpu_tables){0};
    find_spans(t, s);
    fill_tokens(t, &w, s);
    fill_pairs(t, &w, s);
    fill_blocks(t, &w, s);
    fill_angles(t, &w, s);
    size_t n_rows = 1;
    for (size_t i = 1; i < s->b->n; i++)
        n_rows += s->b->tokens[i].seq != s->b->tokens[i - 1].seq;
    for (int kind = KV_FULL; kind <= KV_WINDOWED; kind++)
        fill_pages(t, &w, s, kind, n_rows);
    return w.used;
}
