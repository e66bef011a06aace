/* The end of a context of 131072 tokens: a model of one layer against plain double precision, and the same bits however
 * the last tokens are cut into steps, for every type of cache and number of threads.
 *
 * Of one layer the keys and values of a position follow from its token alone, so the long past is put into the cache
 * directly, and only the tokens that are looked at go through the forward pass. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "forward/cpu_backend.h"
#include "forward/forward.h"
#include "quant/tile.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

enum { CTX = 131072, HEADS = TINY_HEADS, KV = TINY_HEADS_KV, D = TINY_HEAD, E = TINY_EMBD, LAST = 32 };

static hparams h;
static model_weights w;
static int32_t ids[CTX];
static double keys[CTX][KV][D];           // rotated
static double values[TINY_VOCAB][KV * D]; // by token

/* ---- the model in double precision ------------------------------------------------------------------------------ */

static void times(const mat *m, const double *x, double *y)
{
    float row[64];
    assert_true(m->n_cols <= 64);
    for (size_t r = 0; r < m->n_rows; r++) {
        tile_decode_row(m->type, m->tiles + r / TILE_ROWS * m->tile_bytes, m->n_cols, (int)(r % TILE_ROWS), row);
        y[r] = 0;
        for (size_t c = 0; c < m->n_cols; c++)
            y[r] += (double)row[c] * x[c];
    }
}

static void normalise(const norm_weights *norm, const double *x, double *y)
{
    double squares = 0;
    for (int i = 0; i < E; i++)
        squares += x[i] * x[i];
    for (int i = 0; i < E; i++)
        y[i] = x[i] / sqrt(squares / E + (double)h.norm_eps) * (double)norm->weight[i];
}

static void rotate(double *head, int position)
{
    for (int i = 0; i < D / 2; i++) {
        const double angle = position * pow((double)h.rope_base, -2.0 * i / D);
        const double x = head[2 * i], y = head[2 * i + 1];
        head[2 * i] = x * cos(angle) - y * sin(angle);
        head[2 * i + 1] = x * sin(angle) + y * cos(angle);
    }
}

/* The state of a token before the layer, and after its norm. */
static void embed(int32_t id, double *x, double *normed)
{
    float row[E];
    tile_decode_row(w.embd.type, w.embd.tiles + (size_t)(id / TILE_ROWS) * w.embd.tile_bytes, E, id % TILE_ROWS, row);
    for (int i = 0; i < E; i++)
        x[i] = (double)row[i];
    normalise(&w.layers[0].attn_norm, x, normed);
}

static void make_past(void)
{
    static double raw[TINY_VOCAB][KV * D];
    double x[E], normed[E];
    for (int id = 0; id < TINY_VOCAB; id++) {
        embed(id, x, normed);
        times(&w.layers[0].k, normed, raw[id]);
        times(&w.layers[0].v, normed, values[id]);
    }
    rng_state r;
    rng_seed(&r, 11);
    for (int p = 0; p < CTX; p++) {
        ids[p] = (int32_t)(rng_next(&r) % TINY_VOCAB);
        memcpy(keys[p], raw[ids[p]], sizeof keys[p]);
        for (int g = 0; g < KV; g++)
            rotate(keys[p][g], p);
    }
}

/* What head a finds from position `first` to `position`. */
static void attend(int a, const double *q, int first, int position, double *out)
{
    static double score[CTX];
    const int g = a / (HEADS / KV);
    double max = -INFINITY, sum = 0;
    for (int p = first; p <= position; p++) {
        score[p] = 0;
        for (int i = 0; i < D; i++)
            score[p] += q[i] * keys[p][g][i];
        score[p] *= (double)h.attn_scale;
        max = fmax(max, score[p]);
    }
    memset(out, 0, D * sizeof *out);
    for (int p = first; p <= position; p++) {
        const double weight = exp(score[p] - max);
        sum += weight;
        for (int i = 0; i < D; i++)
            out[i] += weight * values[ids[p]][g * D + i];
    }
    for (int i = 0; i < D; i++)
        out[i] /= sum;
}

static void reference(int first, int position, double *logits)
{
    const layer_weights *const layer = &w.layers[0];
    double x[E], normed[E], q[HEADS * D], found[HEADS * D], gate[TINY_FF], up[TINY_FF], added[E];
    embed(ids[position], x, normed);
    times(&layer->q, normed, q);
    for (int a = 0; a < HEADS; a++) {
        rotate(q + a * D, position);
        attend(a, q + a * D, first, position, found + a * D);
    }
    times(&layer->o, found, added);
    for (int i = 0; i < E; i++)
        x[i] += added[i];
    normalise(&layer->ffn_norm, x, normed);
    times(&layer->gate, normed, gate);
    times(&layer->up, normed, up);
    for (int i = 0; i < TINY_FF; i++)
        up[i] *= gate[i] / (1 + exp(-gate[i]));
    times(&layer->down, up, added);
    for (int i = 0; i < E; i++)
        x[i] += added[i];
    normalise(&w.output_norm, x, normed);
    times(&w.output, normed, logits);
}

/* ---- the engine ------------------------------------------------------------------------------------------------- */

/* Logits of positions [CTX - LAST, CTX), in steps of `chunk`. */
static void evaluate(sw_kv_type type, int n_threads, int chunk, float (*out)[TINY_VOCAB])
{
    const kv_options o = {
        .n_layers = 1, .n_heads = KV, .d_k = D, .d_v = D, .type = type, .n_seqs = 1, .n_ctx = CTX, .n_batch = LAST};
    kv_cache kv;
    forward f;
    thread_pool *const pool = pool_create(n_threads);
    assert_true(pool != NULL && kv_init(&kv, &o) && kv_reserve(&kv, 0, CTX));
    backend *const cpu =
        cpu_backend_open(&(cpu_backend_options){.h = &h, .w = &w, .pool = pool, .kv = &kv, .n_batch = LAST});
    assert_non_null(cpu);
    assert_true(forward_init(
        &f,
        &(forward_options){
            .h = &h, .w = &w, .kv = &kv, .backends = {[TIER_RAM] = cpu}, .n_batch = LAST, .n_seqs = 1, .n_ctx = CTX}));
    for (int p = 0; p < CTX - LAST; p++) {
        for (int g = 0; g < KV; g++) {
            float key[D], value[D];
            for (int i = 0; i < D; i++) {
                key[i] = (float)keys[p][g][i];
                value[i] = (float)values[ids[p]][g * D + i];
            }
            kv_store(&kv, &(kv_head){.head = (size_t)g}, p, key, value);
        }
    }
    batch_token batch[LAST];
    for (int at = 0; at < LAST; at += chunk) {
        const int n = at + chunk < LAST ? chunk : LAST - at;
        for (int i = 0; i < n; i++)
            batch[i] = (batch_token){.id = ids[CTX - LAST + at + i], .pos = CTX - LAST + at + i, .wants_logits = true};
        const float *logits;
        int32_t bad;
        sw_err err = {0};
        if (forward_step(&f, batch, (size_t)n, &logits, &bad, &err) != SW_OK)
            fail_msg("%s", err.msg);
        memcpy(out[at], logits, (size_t)n * sizeof out[0]);
    }
    forward_free(&f);
    cpu->ops->close(cpu);
    kv_free(&kv);
    pool_free(pool);
}

static double distance(const double *expected, const float *actual)
{
    double difference = 0, norm = 0;
    for (int i = 0; i < TINY_VOCAB; i++) {
        difference += ((double)actual[i] - expected[i]) * ((double)actual[i] - expected[i]);
        norm += expected[i] * expected[i];
    }
    return sqrt(difference / norm);
}

static float logits[LAST][TINY_VOCAB], other[LAST][TINY_VOCAB];

static void test_the_last_positions_agree_with_double_precision(void **state)
{
    (void)state;
    evaluate(SW_KV_F32, 2, LAST, logits);
    static const int AT[] = {0, 13, LAST - 1};
    double half_differs = 0;
    for (int i = 0; i < 3; i++) {
        double expected[TINY_VOCAB], of_half[TINY_VOCAB];
        const int position = CTX - LAST + AT[i];
        reference(0, position, expected);
        reference(CTX / 2, position, of_half);
        if (!(distance(expected, logits[AT[i]]) < 2e-4))
            fail_msg("position %d: relative L2 %g", position, distance(expected, logits[AT[i]]));
        half_differs = fmax(half_differs, distance(of_half, logits[AT[i]]));
    }
    assert_true(half_differs > 0.01); // the far half of the past matters
}

static void test_no_bit_depends_on_chunks_or_threads(void **state)
{
    (void)state;
    static const sw_kv_type TYPES[] = {SW_KV_F16, SW_KV_F32, SW_KV_Q8_0};
    for (int t = 0; t < 3; t++) {
        evaluate(TYPES[t], 1, LAST, logits);
        evaluate(TYPES[t], 3, 1, other);
        assert_memory_equal(other, logits, sizeof other);
        evaluate(TYPES[t], 2, 7, other);
        assert_memory_equal(other, logits, sizeof other);
    }
}

static int set_up(void **state)
{
    (void)state;
    const temp_path path = temp_file("long.gguf");
    tiny_write_as(path.s, &(tiny_options){.arch = TINY_DEEPSEEK, .n_layers = 1, .n_ctx = CTX});
    gguf_file *g;
    sw_err err = {0};
    thread_pool *const pool = pool_create(1);
    const bool ok = gguf_open(&g, path.s, &err) == SW_OK && hparams_read(g, false, &h, &err) == SW_OK &&
                    weights_plan(g, &h, NULL, &w, &err) == SW_OK &&
                    weights_load(&w, g, &(weights_load_options){.pool = pool}, &err) == SW_OK;
    h.attn_scale *= 8; // few positions, wherever they are, then outweigh all others
    gguf_close(g);
    pool_free(pool);
    if (ok)
        make_past();
    return ok ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    weights_free(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_positions_agree_with_double_precision),
        cmocka_unit_test(test_no_bit_depends_on_chunks_or_threads),
    };
    return cmocka_run_group_tests_name("the end of a long context", tests, set_up, tear_down);
}
