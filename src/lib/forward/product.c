/* product.c - cuts the tiles of several products into tasks of about equal bytes.  A task writes elements of its own,
 * so which thread runs it shows nowhere. */
#include "forward/product.h"

#include <assert.h>

/* A task is a run of tiles long enough that starting it costs nothing against reading it. */
enum { TASK_BYTES_MIN = 32 << 10, TASKS_PER_THREAD = 4 };

typedef struct region {
    const kernels *k;
    product *products;
    size_t n_products;
} region;

/* The last product that begins at or before a task. */
static const product *product_of_task(const region *r, size_t task)
{
    size_t lo = 0, hi = r->n_products;
    while (hi - lo > 1) {
        const size_t mid = (lo + hi) / 2;
        if (r->products[mid].first_task <= task)
            lo = mid;
        else
            hi = mid;
    }
    return &r->products[lo];
}

/* Added to the finished sum, so that every kernel's chain begins at 0. */
static void add_bias(const product *p, const float *bias, size_t first_row, size_t n_rows)
{
    for (size_t i = 0; i < p->n; i++) {
        float *const y = p->y + i * p->ld + first_row;
        for (size_t r = 0; r < n_rows; r++)
            y[r] += bias[first_row + r];
    }
}

static void run_task(void *ud, size_t task, int worker)
{
    (void)worker;
    const region *const r = ud;
    const product *const p = product_of_task(r, task);
    const mat *const m = p->mat;
    const size_t first = (task - p->first_task) * p->tiles_per_task;
    const size_t left = m->n_tiles - first;
    const size_t n = left < p->tiles_per_task ? left : p->tiles_per_task;
    r->k->matmul[m->type](mat_tiles(m, p->expert) + first * m->tile_bytes, n, &p->x, p->n, p->y + first * 16, p->ld);
    const float *const bias = mat_bias(m, p->expert);
    if (bias != NULL)
        add_bias(p, bias, first * 16, n * 16);
}

/* Tasks are equal in bytes of weights, since reading them is what takes time when tokens are few. */
void products_run(const compute_env *env, product *products, size_t n_products)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n_products; i++)
        bytes += products[i].mat->n_tiles * products[i].mat->tile_bytes;
    size_t task_bytes = bytes / (size_t)(pool_n_threads(env->pool) * TASKS_PER_THREAD);
    if (task_bytes < TASK_BYTES_MIN)
        task_bytes = TASK_BYTES_MIN;
    size_t n_tasks = 0;
    for (size_t i = 0; i < n_products; i++) {
        product *const p = &products[i];
        p->first_task = n_tasks;
        p->tiles_per_task = (task_bytes + p->mat->tile_bytes - 1) / p->mat->tile_bytes;
        n_tasks += (p->mat->n_tiles + p->tiles_per_task - 1) / p->tiles_per_task;
    }
    region r = {env->k, products, n_products};
    pool_run(env->pool, n_tasks, run_task, &r);
}

act_form mats_form(const mat *const *mats, size_t n)
{
    act_form form = ACTS_F32;
    for (size_t i = 0; i < n; i++) {
        const act_form own = mat_exists(mats[i]) ? act_form_of(mats[i]->type) : ACTS_F32;
        form = own > form ? own : form;
    }
    return form;
}

/* `codes` as a form has them. */
static code_rows codes_of(const code_rows *codes, act_form form)
{
    return form == ACTS_FINE ? *codes : codes_coarse(codes);
}

void acts_fill(const compute_env *env, const float *row, size_t n, size_t at, act_form form)
{
    if (form == ACTS_F32)
        return;
    assert(at + n <= (form == ACTS_FINE ? env->n_fine : env->n_codes));
    const code_rows all = codes_of(&env->codes, form), out = codes_at(&all, at);
    env->k->quantize(row, n, &out);
}

act_rows acts_view(const compute_env *env, const float *rows, size_t n_cols, act_form form)
{
    return (act_rows){.n_cols = n_cols, .f32 = rows, .codes = codes_of(&env->codes, form)};
}

typedef struct fill_job {
    const compute_env *env;
    const float *rows;
    size_t n_cols;
    act_form form;
} fill_job;

static void fill_row(void *ud, size_t row, int worker)
{
    (void)worker;
    const fill_job *const j = ud;
    const size_t at = row * j->n_cols;
    acts_fill(j->env, j->rows + at, j->n_cols, at, j->form);
}

act_rows acts_prepare(const compute_env *env, const float *rows, size_t n, size_t n_cols, act_form form)
{
    fill_job j = {env, rows, n_cols, form};
    if (form != ACTS_F32)
        pool_run(env->pool, n, fill_row, &j);
    return acts_view(env, rows, n_cols, form);
}
