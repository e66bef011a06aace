/* resource_figures.c - one pass over the samples for each figure. */
#include "figures/resource_figures.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/stats.h"

/* Returns true for a figure that only ever grows. */
static bool sample_is_total(sample_figure figure)
{
    return strncmp(SAMPLE_FIGURE_IDS[figure].meaning, "total: ", 7) == 0;
}

typedef struct selection {
    const run_record *run;
    int subject;
    bool is_reference;
} selection;

/* A sample without a server is of the only model of a run of an older version. */
static bool belongs(const selection *s, int server)
{
    if (server < 0 || (size_t)server >= s->run->n_servers)
        return s->run->n_subjects == 1 && !s->is_reference;
    const server_record *const of = &s->run->servers[server];
    return of->subject == s->subject && (of->side == SIDE_REFERENCE) == s->is_reference;
}

static resource_figure levels(double *values, size_t n)
{
    const sample_stats stats = stats_of(values, n);
    return (resource_figure){
        .n = n, .min = stats.min, .median = stats.p50, .max = stats.max, .growth = NAN, .per_s = NAN};
}

/* `room` is for as many values as the run has samples. */
static resource_figure level_of(const selection *s, sample_figure figure, double *room)
{
    size_t n = 0;
    for (size_t i = 0; i < s->run->n_samples; i++) {
        const resource_sample *const m = &s->run->samples[i];
        if (belongs(s, m->server) && isfinite(m->values.v[figure]))
            room[n++] = m->values.v[figure];
    }
    return levels(room, n);
}

/* Between two samples of one server; a total that falls is that of another process. */
static resource_figure growth_of(const selection *s, sample_figure figure)
{
    resource_figure f = {.min = NAN, .median = NAN, .max = NAN, .growth = NAN, .per_s = NAN};
    const resource_sample *before = NULL;
    double growth = 0, seconds = 0;
    for (size_t i = 0; i < s->run->n_samples; i++) {
        const resource_sample *const m = &s->run->samples[i];
        if (!belongs(s, m->server) || !isfinite(m->values.v[figure]))
            continue;
        f.n++;
        if (before != NULL && before->server == m->server && m->values.v[figure] >= before->values.v[figure]) {
            growth += m->values.v[figure] - before->values.v[figure];
            seconds += (double)(m->t_ms - before->t_ms) / 1000;
        }
        before = m;
    }
    if (f.n >= 2) {
        f.growth = growth;
        f.per_s = seconds > 0 ? growth / seconds : NAN;
    }
    return f;
}

sw_code resource_figures_of(const run_record *run, int subject, bool is_reference, resource_figures *out, sw_err *err)
{
    const selection s = {run, subject, is_reference};
    *out = (resource_figures){0};
    double *const room = mem_calloc(run->n_samples + 1, sizeof *room);
    if (room == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for %zu samples", run->n_samples);
    for (int i = 0; i < N_SAMPLE_FIGURES; i++)
        out->figures[i] =
            sample_is_total((sample_figure)i) ? growth_of(&s, (sample_figure)i) : level_of(&s, (sample_figure)i, room);
    for (size_t i = 0; i < run->n_samples; i++)
        out->n += belongs(&s, run->samples[i].server);
    mem_free(room);
    return SW_OK;
}

static resource_figure gpu_level_of(const selection *s, int gpu, int figure, double *room)
{
    size_t n = 0;
    for (size_t i = 0; i < s->run->n_gpu_samples; i++) {
        const gpu_sample *const m = &s->run->gpu_samples[i];
        if (m->gpu == gpu && belongs(s, m->server) && isfinite(m->values.v[figure]))
            room[n++] = m->values.v[figure];
    }
    return levels(room, n);
}

sw_code resource_gpu_figures_of(const run_record *run, int subject, bool is_reference, int gpu,
                                resource_figure out[N_GPU_FIGURES], sw_err *err)
{
    const selection s = {run, subject, is_reference};
    double *const room = mem_calloc(run->n_gpu_samples + 1, sizeof *room);
    if (room == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for %zu samples of GPUs", run->n_gpu_samples);
    for (int i = 0; i < N_GPU_FIGURES; i++)
        out[i] = gpu_level_of(&s, gpu, i, room);
    mem_free(room);
    return SW_OK;
}

int resource_n_gpus(const run_record *run)
{
    int n = 0;
    for (size_t i = 0; i < run->n_gpu_samples; i++)
        n = run->gpu_samples[i].gpu >= n ? run->gpu_samples[i].gpu + 1 : n;
    return n;
}
