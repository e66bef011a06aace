/* paper_memory.c - drawing of the memory that a model's servers took over time. */
#include <math.h>
#include <stdio.h>

#include "report/paper/paper_draw.h"

enum {
    LINES_MAX = 20, // as many names fit beside the drawing
    POINTS_MAX = 400
};

/* One sampled figure of one server. */
typedef struct memory_line {
    const run_record *run;
    int server;
    sample_figure figure;
} memory_line;

/* Returns true if the line passes through the k-th sample of the run. */
static bool is_on(const memory_line *line, size_t k)
{
    const resource_sample *const s = &line->run->samples[k];
    return s->server == line->server && isfinite(s->values.v[line->figure]);
}

static double seconds_of(const memory_line *line, size_t k)
{
    return (double)(line->run->samples[k].t_ms - line->run->servers[line->server].started_ms) / 1000;
}

static size_t count_samples(const memory_line *line)
{
    size_t n = 0;
    for (size_t k = 0; k < line->run->n_samples; k++)
        n += is_on(line, k);
    return n;
}

/* RAM and VRAM of every server of the model, where there are at least two samples. */
static size_t list_lines(const paper_model *model, memory_line lines[LINES_MAX])
{
    static const sample_figure FIGURES[] = {SAMPLE_PRIVATE, SAMPLE_GPU_PROCESS};
    const run_record *const run = model->analysis->run;
    size_t n = 0;
    for (size_t i = 0; i < run->n_servers; i++) {
        for (size_t f = 0; run->servers[i].subject == model->subject->index && f < 2 && n < LINES_MAX; f++) {
            lines[n] = (memory_line){run, (int)i, FIGURES[f]};
            n += count_samples(&lines[n]) > 1;
        }
    }
    return n;
}

static void widen(svg_plot *plot, const memory_line *line)
{
    for (size_t k = 0; k < line->run->n_samples; k++) {
        if (!is_on(line, k))
            continue;
        plot->x_min = fmin(plot->x_min, seconds_of(line, k));
        plot->x_max = fmax(plot->x_max, seconds_of(line, k));
        plot->y_max = fmax(plot->y_max, line->run->samples[k].values.v[line->figure]);
    }
}

static void put_memory(buf *out, const svg_plot *plot, size_t i, const memory_line *line, double unit)
{
    const size_t n = count_samples(line), step = n / POINTS_MAX + 1;
    const server_record *const server = &line->run->servers[line->server];
    char name[64];
    svg_path_begin(out, i);
    for (size_t k = 0, at = 0; k < line->run->n_samples; k++) {
        if (!is_on(line, k))
            continue;
        if (at % step == 0 || at + 1 == n)
            svg_path_point(out, plot, seconds_of(line, k), line->run->samples[k].values.v[line->figure] / unit);
        at++;
    }
    svg_path_end(out);
    snprintf(name, sizeof name, "%s, %s, session %d", line->figure == SAMPLE_PRIVATE ? "RAM" : "VRAM",
             server_side_name(server->side), server->session);
    svg_legend(out, plot, i, name);
}

sw_code paper_draw_memory(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                          sw_err *err)
{
    (void)models;
    (void)err;
    static const double MIB = 1024 * 1024, GIB = 1024 * 1024 * 1024;
    memory_line lines[LINES_MAX];
    const size_t n = list_lines(model, lines);
    svg_plot plot = PAPER_FRAME;
    for (size_t i = 0; i < n; i++)
        widen(&plot, &lines[i]);
    if (!(plot.x_max > plot.x_min) || !(plot.y_max > 0))
        return SW_OK;
    const double unit = plot.y_max >= GIB ? GIB : MIB;
    plot.y_max *= 1.05 / unit; // no line is on the frame
    paper_begin(out, about, model, PAPER_HEIGHT);
    svg_axes(out, &plot, "seconds since the server was started", unit == GIB ? "GiB" : "MiB");
    for (size_t i = 0; i < n; i++)
        put_memory(out, &plot, i, &lines[i], unit);
    svg_end(out);
    return SW_OK;
}
