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

/* A sample without a server is of the only model of a run of an older version. */
static bool belongs(const run_record *run, const resource_sample *sample, int subject, bool is_reference)
{
    if (sample->server < 0 || (size_t)sample->server >= run->n_servers)
        return run->n_subjects == 1 && !is_reference;
    const server_record *const server = &run->servers[sample->server];
    return server->subject == subject && (server->side == SIDE_REFERENCE) == is_reference;
}

typedef struct selection {
    const run_record *run;
    int subject;
    bool is_reference;
} selection;

/* `room` is for as many values as the run has samples. */
static resource_figure level_of(const selection *s, sample_figure figure, double *room)
{
    size_t n = 0;
    for (size_t i = 0; i < s->run->n_samples; i++) {
        const resource_sample *const m = &s->run->samples[i];
        if (belongs(s->run, m, s->subject, s->is_reference) && isfinite(m->values.v[figure]))
            room[n++] = m->values.v[figure];
    }
    const sample_stats stats = stats_of(room, n);
    return (resource_figure){
        .n = n, .min = stats.min, .median = stats.p50, .max = stats.max, .growth = NAN, .per_s = NAN};
}

/* Between two samples of one server; a total that falls is that of another process. */
static resource_figure growth_of(const selection *s, sample_figure figure)
{
    resource_figure f = {.min = NAN, .median = NAN, .max = NAN, .growth = NAN, .per_s = NAN};
    const resource_sample *before = NULL;
    double growth = 0, seconds = 0;
    for (size_t i = 0; i < s->run->n_samples; i++) {
        const resource_sample *const m = &s->run->samples[i];
        if (!belongs(s->run, m, s->subject, s->is_reference) || !isfinite(m->values.v[figure]))
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
        out->n += belongs(run, &run->samples[i], subject, is_reference);
    mem_free(room);
    return SW_OK;
}
