/* paper_figures.c - which drawings there are. */
#include <stdio.h>

#include "report/paper/paper_draw.h"

const svg_plot PAPER_FRAME = {.left = 64, .top = 32, .width = 560, .height = 350};

void paper_begin(buf *out, const paper_about *about, const paper_model *model, double height)
{
    buf title;
    buf_init(&title, 65536);
    buf_printf(&title, "%s: %s", about->title, model->subject->subject->name);
    svg_begin(out, PAPER_WIDTH, height, buf_str(&title), about->definition);
    buf_free_part(&title, out);
}

void paper_legend(buf *out, const svg_plot *plot, const paper_models *models, size_t i)
{
    const paper_model *const model = &models->items[i];
    char name[160]; // more than a legend shows
    if (models->items[models->n - 1].run > 0)
        snprintf(name, sizeof name, "%d: %.120s", model->number, model->subject->subject->name);
    else
        snprintf(name, sizeof name, "%.120s", model->subject->subject->name);
    svg_legend(out, plot, i, name);
}

// clang-format off
#define EVENTS_QUERY \
    "SELECT test.subject, test.name, test.repeat, event.i, event.t_ns, event.n_tokens\n" \
    "FROM test JOIN event ON event.test_id = test.id\n" \
    "WHERE test.run_id = :run AND test.phase = 'measure' AND test.mode = 'stream' AND test.status = 'completed'\n" \
    "ORDER BY test.id, event.i;\n"

const paper_figure_maker PAPER_FIGURES[N_PAPER_FIGURES] = {
    {{"token-time", "Tokens over time", "Tokens that had arrived, over the time since the request was written: the first "
      "repetition of every streamed answer that completed, at most 20.", EVENTS_QUERY}, true, paper_draw_token_time},
    {{"latency", "Distribution of the gaps between tokens", "Share of the tokens whose gap to the token before was at most "
      "as long: all streamed answers of a model together, a gap between events divided by the tokens of the event; at most 20 models.", EVENTS_QUERY}, false, paper_draw_latency},
    {{"speed", "Tokens per second", "Tokens that came after the first content event, over the time in which they came: all "
      "streamed tests that have a rate; the line is the 95 % interval over tests (bootstrap).", EVENTS_QUERY}, false, paper_draw_speed},
    {{"memory-time", "Memory over time", "Private memory and VRAM of each server of a model, over the time since it was started.",
      "SELECT server.subject, server.side, server.session, server.started_ms, sample.t_ms, private_bytes, gpu_process_bytes\n"
      "FROM sample JOIN server ON server.run_id = sample.run_id AND server.position = sample.server\n"
      "WHERE sample.run_id = :run ORDER BY server.position, sample.t_ms;\n"}, true, paper_draw_memory},
    {{"expert-use", "Use of experts by layer", "How often each expert of a layer was chosen, relative to the mean of its layer: mean "
      "over the streamed tests; of more than 128 experts, neighbours share a cell.",
      "SELECT test.subject, test.name, test.repeat, expert_tokens, experts, experts_used, layer, hex(counts)\n"
      "FROM expert JOIN test ON test.id = test_id\n"
      "WHERE run_id = :run AND phase = 'measure' AND mode = 'stream' ORDER BY test.id, layer;\n"}, true, paper_draw_experts},
};
// clang-format on
