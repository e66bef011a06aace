/* cpu_backend.c - ties the blocks to the backend's operations.  Nothing runs on after an operation returns, and the
 * residual stream is b->x itself. */
#include "forward/cpu_backend.h"

#include "base/alloc.h"
#include "forward/attention.h"
#include "forward/code_room.h"
#include "forward/ends.h"
#include "forward/ffn.h"
#include "forward/latent.h"
#include "forward/moe.h"
#include "forward/stream.h"

typedef struct cpu_backend {
    backend base; // first: the forward pass sees only this
    scratch memory;
    compute_env env;
    token_angles angles;
    attend_pass pass;
    head_rooms heads;
    attention_block attention;
    latent_block latent;
    gate_room gate;
    moe_block moe;
    logit_room head;
    bool is_out_of_memory; // the head could not grow, in this step
} cpu_backend;

static void begin(backend *be, const token_batch *b)
{
    cpu_backend *const c = (cpu_backend *)be;
    c->is_out_of_memory = false;
    attend_blocks(&c->pass, b);
    moe_begin(&c->moe);
    angles_make(&c->angles, b);
}

static sw_code end(backend *be, token_batch *b, sw_err *err)
{
    (void)b;
    const cpu_backend *const c = (const cpu_backend *)be;
    return c->is_out_of_memory ? sw_fail(err, SW_ENOMEM, "out of memory for the logits") : SW_OK;
}

typedef struct ends_job {
    const compute_env *env;
    token_batch *b;
} ends_job;

static void embed_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const ends_job *const j = ud;
    ends_embed(j->env, j->b, i);
}

static void embed(backend *be, token_batch *b)
{
    ends_job j = {&((cpu_backend *)be)->env, b};
    pool_run(j.env->pool, b->n, embed_token, &j);
}

static void attention(backend *be, token_batch *b, size_t layer)
{
    const cpu_backend *const c = (const cpu_backend *)be;
    stream_norm(&c->env, b, &c->env.w->layers[layer].attn_norm);
    if (c->env.h->n_latent > 0)
        latent_run(&c->latent, b, layer);
    else
        attention_run(&c->attention, b, layer);
    stream_add(&c->env, b, layer);
}

static void dense(backend *be, token_batch *b, size_t layer)
{
    cpu_backend *const c = (cpu_backend *)be;
    stream_norm(&c->env, b, &c->env.w->layers[layer].ffn_norm);
    ffn_run(&c->gate, b, layer);
    stream_add(&c->env, b, layer);
}

static void route(backend *be, token_batch *b, size_t layer, const expert_choice *choice)
{
    cpu_backend *const c = (cpu_backend *)be;
    stream_norm(&c->env, b, &c->env.w->layers[layer].ffn_norm);
    moe_route(&c->moe, b, layer, choice);
}

static size_t experts_begin(backend *be, const token_batch *b, size_t layer, const expert_share *share)
{
    return moe_run(&((cpu_backend *)be)->moe, b, layer, share);
}

static void experts_finish(backend *be, const token_batch *b, size_t layer, const expert_share *share,
                           expert_answers *out)
{
    moe_answers(&((cpu_backend *)be)->moe, b, layer, share, out);
}

static void join(backend *be, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers)
{
    moe_join(&((cpu_backend *)be)->moe, b, layer, choice, answers);
}

static bool wants_logits(const token_batch *b)
{
    bool wants = false;
    for (size_t i = 0; i < b->n; i++)
        wants = wants || b->tokens[i].wants_logits;
    return wants;
}

static const float *head(backend *be, token_batch *b)
{
    cpu_backend *const c = (cpu_backend *)be;
    const float *const logits = ends_head(&c->head, b);
    c->is_out_of_memory = logits == NULL && wants_logits(b);
    return logits;
}

static void norm_state(void *ud, size_t i, int worker)
{
    (void)worker;
    const ends_job *const j = ud;
    if (j->b->tokens[i].wants_state)
        ends_state(j->env, j->b, i);
}

static void states(backend *be, token_batch *b)
{
    ends_job j = {&((cpu_backend *)be)->env, b};
    pool_run(j.env->pool, b->n, norm_state, &j);
}

static void close_backend(backend *be)
{
    cpu_backend *const c = (cpu_backend *)be;
    angles_free(&c->angles);
    ends_free(&c->head);
    codes_free(&c->env.codes, c->env.n_codes, c->env.n_fine);
    scratch_free(&c->memory);
    mem_free(c);
}

static const backend_ops OPS = {
    .close = close_backend,
    .begin = begin,
    .end = end,
    .embed = embed,
    .attention = attention,
    .dense = dense,
    .route = route,
    .experts_begin = experts_begin,
    .experts_finish = experts_finish,
    .join = join,
    .head = head,
    .states = states,
};

static bool init_blocks(cpu_backend *c)
{
    const compute_env *const env = &c->env;
    attend_init(&c->pass, env);
    heads_init(&c->heads, env);
    c->attention = (attention_block){.env = env, .angles = &c->angles, .rooms = &c->heads, .pass = &c->pass};
    c->latent = (latent_block){.env = env, .angles = &c->angles, .rooms = &c->heads, .pass = &c->pass};
    latent_init(&c->latent);
    gate_init(&c->gate, env);
    moe_init(&c->moe, env, &c->gate);
    c->head = (logit_room){.env = env};
    return angles_init(&c->angles, env) && codes_alloc(&c->env.codes, env->n_codes, env->n_fine) &&
           !c->memory.has_failed;
}

backend *cpu_backend_open(const cpu_backend_options *o)
{
    cpu_backend *const c = mem_calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    const code_room room = code_room_of(o->h, o->w, o->n_batch);
    c->base = (backend){.ops = &OPS, .name = "cpu"};
    c->env = (compute_env){.h = o->h,
                           .w = o->w,
                           .k = kernels_get(),
                           .pool = o->pool,
                           .kv = o->kv,
                           .n_batch = o->n_batch,
                           .memory = &c->memory,
                           .n_codes = room.n,
                           .n_fine = room.n_fine};
    if (!init_blocks(c)) {
        close_backend(&c->base);
        return NULL;
    }
    c->base.n_bytes = c->memory.n_bytes + codes_bytes(c->env.n_codes, c->env.n_fine) + ends_row_bytes(o->h);
    return &c->base;
}
