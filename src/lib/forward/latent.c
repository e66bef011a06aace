/* latent.c - multi-head latent attention (DeepSeek-V2 and V3), in its absorbed form.
 *
 * What is cached per position is one latent vector (after its norm) and one rotated key part, shared by all heads.  A
 * head's query is turned into the latent space (k_b), attention gathers latent vectors, and v_b turns what was gathered
 * into the head's answer (DeepSeek-AI 2024, arXiv 2405.04434, section 2.1).
 */
#include <string.h>

#include "base/alloc.h"
#include "forward/forward.h"

bool latent_init(latent_scratch *s, const hparams *h, size_t n)
{
    *s = (latent_scratch){0};
    if (h->n_latent == 0)
        return true;
    const size_t heads = (size_t)h->n_head, latent = (size_t)h->n_latent;
    const size_t sizes[5] = {
        n * padded_length((size_t)h->n_latent_q),     n * heads * (size_t)(h->head_k - h->n_rot),
        n * heads * (latent + (size_t)h->n_rot),      n * heads * latent,
        n * heads * padded_length((size_t)h->head_v),
    };
    memcpy(s->n_elems, sizes, sizeof sizes);
    s->q_a = mem_big_alloc(sizes[0] * sizeof(float));
    s->q_plain = mem_big_alloc(sizes[1] * sizeof(float));
    s->q_latent = mem_big_alloc(sizes[2] * sizeof(float));
    s->z = mem_big_alloc(sizes[3] * sizeof(float));
    s->answer = mem_big_alloc(sizes[4] * sizeof(float));
    s->products = mem_calloc(heads, sizeof *s->products);
    return s->q_a != NULL && s->q_plain != NULL && s->q_latent != NULL && s->z != NULL && s->answer != NULL &&
           s->products != NULL;
}

void latent_free(latent_scratch *s)
{
    float *const arrays[5] = {s->q_a, s->q_plain, s->q_latent, s->z, s->answer};
    for (int i = 0; i < 5; i++)
        mem_big_free(arrays[i], s->n_elems[i] * sizeof(float));
    mem_free(s->products);
    *s = (latent_scratch){0};
}

size_t latent_acts(const hparams *h, size_t n)
{
    if (h->n_latent == 0)
        return 0;
    const size_t per_head = (size_t)(h->n_latent > h->head_k ? h->n_latent : h->head_k);
    const size_t heads = n * (size_t)h->n_head * per_head, compressed = n * (size_t)h->n_latent_q;
    return heads > compressed ? heads : compressed;
}

static void norm_query(void *ud, size_t i, int worker)
{
    (void)worker;
    const layer_job *const j = ud;
    forward *const f = j->f;
    const size_t n = (size_t)f->h->n_latent_q;
    // Rows come out padded and go on back to back; row i never reaches behind where it stood.
    f->k->rmsnorm(f->latent.q_a + i * padded_length(n), f->w->layers[j->layer].q_a_norm, NULL, n, f->h->norm_eps,
                  f->latent.q_a + i * padded_length(n));
}

/* Closes the gaps that padding left between rows of n elements. */
static void close_gaps(float *rows, size_t n_rows, size_t n)
{
    for (size_t i = 1; i < n_rows && padded_length(n) != n; i++)
        memmove(rows + i * n, rows + i * padded_length(n), n * sizeof *rows);
}

/* f->q from the normed state, through the compressed query where there is one; f->kk the latent and rotated key part.
 */
static void project(forward *f, int l)
{
    const layer_weights *const layer = &f->w->layers[l];
    const mat *const first = layer->q_a.tiles != NULL ? &layer->q_a : &layer->q;
    float *const y = layer->q_a.tiles != NULL ? f->latent.q_a : f->q;
    const act_form form = mats_form((const mat *const[]){first, &layer->kv_a}, 2);
    const act_rows x = acts_prepare(f->pool, f->k, &f->codes, f->normed, f->n, (size_t)f->h->n_embd, form);
    product both[2] = {
        {.mat = first, .x = x, .n = f->n, .y = y, .ld = mat_padded_rows(first)},
        {.mat = &layer->kv_a, .x = x, .n = f->n, .y = f->kk, .ld = mat_padded_rows(&layer->kv_a)},
    };
    products_run(f->pool, f->k, both, 2);
    if (layer->q_a.tiles == NULL)
        return;
    layer_job j = {f, l};
    pool_run(f->pool, f->n, norm_query, &j);
    close_gaps(f->latent.q_a, f->n, (size_t)f->h->n_latent_q);
    const act_rows a =
        acts_prepare(f->pool, f->k, &f->codes, f->latent.q_a, f->n, (size_t)f->h->n_latent_q, mat_form(&layer->q));
    product q = {.mat = &layer->q, .x = a, .n = f->n, .y = f->q, .ld = mat_padded_rows(&layer->q)};
    products_run(f->pool, f->k, &q, 1);
}

/* Norms and stores a token's latent vector and rotated key; rotates its queries and sorts their parts by head. */
static void rotate_and_store(void *ud, size_t i, int worker)
{
    (void)worker;
    const layer_job *const j = ud;
    forward *const f = j->f;
    const hparams *const h = f->h;
    const size_t half = (size_t)h->n_rot / 2, latent = (size_t)h->n_latent, rot = (size_t)h->n_rot;
    const size_t d = (size_t)h->head_k, plain = d - rot, heads = (size_t)h->n_head;
    const rope_table *const rope = rope_of(f, i);
    const float *const c = f->cosines + i * half, *const s = f->sines + i * half;
    float *const key = f->kk + i * padded_length(latent + rot);
    f->k->rmsnorm(key, f->w->layers[j->layer].kv_a_norm, NULL, latent, h->norm_eps, key);
    rope_apply(rope, c, s, key + latent);
    kv_store(f->kv, f->tokens[i].seq, j->layer, 0, f->tokens[i].pos, key, key);
    for (size_t a = 0; a < heads; a++) {
        float *const q = f->q + i * padded_length(heads * d) + a * d;
        rope_apply(rope, c, s, q + plain);
        memcpy(f->latent.q_plain + (a * f->n + i) * plain, q, plain * sizeof *q);
        memcpy(f->latent.q_latent + (i * heads + a) * (latent + rot) + latent, q + plain, rot * sizeof *q);
    }
}

/* y of every head: its matrix of the stack times its own n rows of x. */
static void per_head(forward *f, const mat *stack, const float *x, float *y, size_t head_stride, size_t ld)
{
    const size_t heads = (size_t)f->h->n_head;
    const act_rows all =
        acts_prepare(f->pool, f->k, &f->codes, x, heads * f->n, (size_t)stack->n_cols, mat_form(stack));
    for (size_t a = 0; a < heads; a++)
        f->latent.products[a] = (product){.mat = stack,
                                          .expert = (int)a,
                                          .x = acts_from(&all, a * f->n),
                                          .n = f->n,
                                          .y = y + a * head_stride,
                                          .ld = ld};
    products_run(f->pool, f->k, f->latent.products, heads);
}

void forward_latent(forward *f, int l)
{
    const layer_weights *const layer = &f->w->layers[l];
    const hparams *const h = f->h;
    const size_t heads = (size_t)h->n_head, d = (size_t)(h->n_latent + h->n_rot), d_v = (size_t)h->head_v;
    layer_job j = {f, l};
    project(f, l);
    pool_run(f->pool, f->n, rotate_and_store, &j);
    per_head(f, &layer->k_b, f->latent.q_plain, f->latent.q_latent, d, heads * d);
    const size_t latent = (size_t)h->n_latent;
    attend_run(f, l,
               &(head_layout){.q = f->latent.q_latent,
                              .q_token = heads * d,
                              .q_head = d,
                              .out = f->latent.z,
                              .out_token = latent,
                              .out_head = f->n * latent,
                              .n_head = h->n_head,
                              .n_kv = 1});
    per_head(f, &layer->v_b, f->latent.z, f->latent.answer, f->n * padded_length(d_v), padded_length(d_v));
    for (size_t a = 0; a < heads; a++) {
        for (size_t i = 0; i < f->n; i++)
            memcpy(f->attended + (i * heads + a) * d_v, f->latent.answer + (a * f->n + i) * padded_length(d_v),
                   d_v * sizeof *f->attended);
    }
    forward_output(f, l);
}
