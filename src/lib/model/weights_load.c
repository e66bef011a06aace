/* weights_load.c - reads what was planned and packs it into tiles, on all threads, half a megabyte at a time.
 *
 * Where a block is not this processor's memory, tiles are packed beside the staging and copied from there.
 */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "model/weights_item.h"
#include "quant/decode.h"
#include "quant/tile.h"

enum { STAGING_BYTES = 512 << 10 /* what a second-level cache holds */ };

typedef struct loader {
    const gguf_file *g;
    thread_pool *pool;
    uint8_t *staging; // (n_threads, staging_bytes): what was read
    size_t staging_bytes;
    uint8_t *packed; // the same for what is to be copied into a block; NULL: no block needs it
    sw_progress_fn on_load;
    void *ud;
    uint64_t bytes_total;
    uint64_t bytes_told; // to on_load
    _Atomic uint64_t bytes_done;
    _Atomic bool has_failed; // the first error is the one reported
    sw_code code;
    sw_err *err;
} loader;

/* Counts what was loaded; only the calling thread, worker 0, reports it. */
static void advance(loader *l, uint64_t bytes, int worker)
{
    const uint64_t done = atomic_fetch_add(&l->bytes_done, bytes) + bytes;
    if (worker != 0 || l->on_load == NULL || done == l->bytes_told)
        return;
    l->bytes_told = done;
    l->on_load(l->ud, done, l->bytes_total);
}

static uint8_t *staging_of(const loader *l, int worker)
{
    return l->staging + (size_t)worker * l->staging_bytes;
}

/* Where a thread packs what belongs at `dst` of a block. */
static uint8_t *packing_place(const loader *l, const tier_memory *m, uint8_t *dst, int worker)
{
    return m->write != NULL ? l->packed + (size_t)worker * l->staging_bytes : dst;
}

/* Ends the packing: copies n_bytes to `dst` unless they are there. */
static void put_packed(const loader *l, const tier_memory *m, uint8_t *dst, size_t n_bytes, int worker)
{
    if (m->write != NULL)
        m->write(m->ud, dst, packing_place(l, m, dst, worker), n_bytes);
}

/* Reads a part of a tensor, on any thread; false when that, or an earlier read, failed. */
static bool read_part(loader *l, const gguf_tensor *t, uint64_t at, void *out, size_t n_bytes)
{
    if (atomic_load(&l->has_failed))
        return false;
    sw_err err = {0};
    const sw_code code = gguf_read(l->g, t, at, out, n_bytes, &err);
    if (code == SW_OK)
        return true;
    if (!atomic_exchange(&l->has_failed, true)) {
        l->code = code;
        if (l->err != NULL)
            *l->err = err;
    }
    return false;
}

/* n_rows rows of a type to tiles, the first of which begins at dst. */
static void pack_rows(tensor_type type, const uint8_t *src, size_t n_rows, size_t n_cols, uint8_t *dst)
{
    const size_t row_bytes = type_row_bytes(type, n_cols);
    for (size_t row = 0; row < n_rows; row += TILE_ROWS) {
        const size_t n = n_rows - row < TILE_ROWS ? n_rows - row : TILE_ROWS;
        tile_pack(type, src + row * row_bytes, n, n_cols, dst + row * row_bytes);
    }
}

/* ---- matrices ---------------------------------------------------------------------------------------------------- */

/* A stack of matrices that is read and packed in runs of rows, as many as the staging of one thread holds. */
typedef struct matrix_job {
    loader *l;
    const weights_item *item;
    const tier_memory *memory; // of the item's block
    uint8_t *dst;
    size_t row_bytes; // as packed
    size_t rows_at_once, runs_per_matrix;
} matrix_job;

static uint8_t *packed_row(const matrix_job *j, size_t stacked, size_t row)
{
    return j->dst + (stacked * tile_count(j->item->n_rows) * TILE_ROWS + row) * j->row_bytes;
}

/* Reads one run of rows and packs it, while other threads read and pack others. */
static void load_run(void *ud, size_t run, int worker)
{
    const matrix_job *const j = ud;
    const weights_item *const item = j->item;
    const size_t stacked = run / j->runs_per_matrix, first = run % j->runs_per_matrix * j->rows_at_once;
    const size_t left = item->n_rows - first, n = left < j->rows_at_once ? left : j->rows_at_once;
    uint8_t *const src = staging_of(j->l, worker);
    const size_t row = (item->first + stacked) * item->rows_apart + item->row + first;
    if (!read_part(j->l, item->tensor, row * j->row_bytes, src, n * j->row_bytes))
        return;
    uint8_t *const dst = packed_row(j, stacked, first);
    pack_rows(item->tensor->type, src, n, item->n_cols, packing_place(j->l, j->memory, dst, worker));
    put_packed(j->l, j->memory, dst, tile_count(n) * TILE_ROWS * j->row_bytes, worker);
    advance(j->l, n * j->row_bytes, worker);
}

/* One matrix of a stack whose columns are rows of the tensor. */
static void load_turned(void *ud, size_t stacked, int worker)
{
    const matrix_job *const j = ud;
    const weights_item *const item = j->item;
    const gguf_tensor *const t = item->tensor;
    const size_t column_bytes = type_row_bytes(t->type, item->n_rows);
    float *const matrix = (float *)(void *)staging_of(j->l, worker), *const column =
                                                                         matrix + item->n_rows * item->n_cols;
    uint8_t *const raw = (uint8_t *)(column + item->n_rows);
    if (!read_part(j->l, t, (item->first + stacked) * item->rows_apart * column_bytes, raw,
                   item->n_cols * column_bytes))
        return;
    for (size_t c = 0; c < item->n_cols; c++) {
        decode_row(t->type, raw + c * column_bytes, item->n_rows, column);
        for (size_t r = 0; r < item->n_rows; r++)
            matrix[r * item->n_cols + c] = column[r];
    }
    uint8_t *const dst = packed_row(j, stacked, 0);
    pack_rows(TYPE_F32, (const uint8_t *)matrix, item->n_rows, item->n_cols,
              packing_place(j->l, j->memory, dst, worker));
    put_packed(j->l, j->memory, dst, tile_count(item->n_rows) * TILE_ROWS * j->row_bytes, worker);
    advance(j->l, item->n_rows * j->row_bytes, worker);
}

static void load_matrices(loader *l, const weights_item *item, const tier_memory *memory)
{
    const tensor_type type = item->is_turned ? TYPE_F32 : item->tensor->type;
    const size_t row_bytes = type_row_bytes(type, item->n_cols);
    matrix_job j = {.l = l, .item = item, .memory = memory, .dst = *item->target, .row_bytes = row_bytes};
    if (item->is_turned) {
        pool_run(l->pool, item->n_stacked, load_turned, &j);
    } else {
        j.rows_at_once = l->staging_bytes / row_bytes / TILE_ROWS * TILE_ROWS;
        j.runs_per_matrix = (item->n_rows + j.rows_at_once - 1) / j.rows_at_once;
        pool_run(l->pool, item->n_stacked * j.runs_per_matrix, load_run, &j);
    }
    advance(l, 0, 0); // what other threads did last
}

/* ---- vectors ----------------------------------------------------------------------------------------------------- */

/* Reads row i of an item; false when that failed. */
static bool read_floats(loader *l, const weights_item *item, size_t i, float *out)
{
    const gguf_tensor *const t = item->tensor;
    const size_t row_bytes = type_row_bytes(t->type, item->n_cols);
    const uint64_t at = (item->first + i) * type_row_bytes(t->type, t->ne[0]) + type_row_bytes(t->type, item->row);
    if (!read_part(l, t, at, l->staging, row_bytes))
        return false;
    decode_row(t->type, l->staging, item->n_cols, out);
    advance(l, row_bytes, 0);
    return true;
}

/* The memory is zeroed, and so is the padding. */
static void load_floats(loader *l, const weights_item *item, const tier_memory *memory)
{
    const size_t n_bytes = item->n_cols * sizeof(float);
    float *dst = *item->target;
    for (size_t i = 0; i < item->n_stacked; i++, dst += tile_count(item->n_cols) * TILE_ROWS) {
        float *const place = (float *)(void *)packing_place(l, memory, (uint8_t *)dst, 0);
        if (item->is_made)
            memset(place, 0, n_bytes);
        else if (!read_floats(l, item, i, place))
            return;
        for (size_t c = 0; c < item->n_cols && item->is_off != NULL; c++)
            place[c] = item->is_off[c] ? -INFINITY : place[c];
        put_packed(l, memory, (uint8_t *)dst, n_bytes, 0);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* Room for a run of rows, or a row of floats as they are in memory; for a turned matrix, for it, one column of it, and
 * the file's form of it. */
static size_t staged_bytes(const weights_item *item)
{
    const tensor_type type = item->tensor->type;
    if (item->is_turned)
        return tile_count(item->n_rows) * TILE_ROWS * (item->n_cols + 1) * sizeof(float) +
               item->n_cols * type_row_bytes(type, item->n_rows);
    if (!item->is_matrix)
        return tile_count(item->n_cols) * TILE_ROWS * sizeof(float);
    const size_t row = type_row_bytes(type, item->n_cols), all = row * item->n_rows;
    const size_t at_once = all < STAGING_BYTES ? all : STAGING_BYTES;
    return at_once > row * TILE_ROWS ? at_once : row * TILE_ROWS;
}

/* The most of any item, in whole cache lines. */
static size_t staging_bytes(const model_weights *w)
{
    size_t most = 0;
    for (size_t i = 0; i < w->n_items; i++) {
        const size_t bytes = staged_bytes(&w->items[i]);
        most = bytes > most ? bytes : most;
    }
    return (most + 63) / 64 * 64;
}

uint64_t weights_staging_bytes(const model_weights *w, int n_threads)
{
    return (uint64_t)staging_bytes(w) * (uint64_t)n_threads;
}

/* An empty block stays without memory. */
static sw_code alloc_block(weight_block *b, weight_tier tier, const tier_memory *memory, const char *path, sw_err *err)
{
    if (b->n_bytes == 0)
        return SW_OK;
    b->memory = *memory;
    b->data = tier_alloc(memory, b->n_bytes);
    if (b->data == NULL)
        return sw_fail(err, SW_ENOMEM, "cannot allocate %.1f GB of %s for the weights of %s", (double)b->n_bytes / 1e9,
                       tier_name(tier), path);
    return SW_OK;
}

/* Memory of all blocks, and what the threads read into and pack in. */
static sw_code allocate(loader *l, model_weights *w, const weights_load_options *o, size_t n_staging)
{
    bool copies = false;
    for (int tier = 0; tier < N_TIERS && l->code == SW_OK; tier++) {
        l->code = alloc_block(&w->blocks[tier], (weight_tier)tier, &o->memory[tier], gguf_path(l->g), l->err);
        copies = copies || (w->blocks[tier].n_bytes > 0 && o->memory[tier].write != NULL);
    }
    if (l->code != SW_OK)
        return l->code;
    l->staging = mem_big_alloc(n_staging);
    l->packed = copies ? mem_big_alloc(n_staging) : NULL;
    if (l->staging == NULL || (copies && l->packed == NULL))
        l->code = sw_fail(l->err, SW_ENOMEM, "out of memory reading %s", gguf_path(l->g));
    return l->code;
}

static void load_item(loader *l, const weight_block *block, const weights_item *item)
{
    *item->target = block->data + item->offset;
    if (item->is_matrix)
        load_matrices(l, item, &block->memory);
    else
        load_floats(l, item, &block->memory);
}

sw_code weights_load(model_weights *w, const gguf_file *g, const weights_load_options *o, sw_err *err)
{
    loader l = {
        .g = g, .pool = o->pool, .on_load = o->on_load, .ud = o->ud, .bytes_total = weights_bytes(w), .err = err};
    l.staging_bytes = staging_bytes(w);
    const size_t n_staging = (size_t)weights_staging_bytes(w, pool_n_threads(o->pool));
    l.code = allocate(&l, w, o, n_staging);
    for (size_t i = 0; i < w->n_items && l.code == SW_OK; i++)
        load_item(&l, &w->blocks[w->items[i].tier], &w->items[i]);
    if (l.code == SW_OK && !mat_exists(&w->output))
        w->output = w->embd; // tied
    mem_big_free(l.staging, n_staging);
    mem_big_free(l.packed, n_staging);
    return l.code;
}
