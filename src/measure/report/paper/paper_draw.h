/* paper_draw.h - what draws each figure of a white paper, as paper_figure_maker.draw. */
#ifndef REPORT_PAPER_DRAW_H
#define REPORT_PAPER_DRAW_H

#include "report/paper/paper_parts.h"
#include "report/paper/svg.h"

enum { PAPER_WIDTH = 860, PAPER_HEIGHT = 440 };

/* Where the plot is in a drawing; legends are on its right. */
extern const svg_plot PAPER_FRAME;
/* Begins the drawing of one model: "Title: model". */
void paper_begin(buf *out, const paper_about *about, const paper_model *model, double height);
/* The i-th model beside the plot; with its number if the models are of several runs, which may name them alike. */
void paper_legend(buf *out, const svg_plot *plot, const paper_models *models, size_t i);

SW_NODISCARD sw_code paper_draw_token_time(buf *out, const paper_about *about, const paper_models *models,
                                           const paper_model *model, sw_err *err);
SW_NODISCARD sw_code paper_draw_latency(buf *out, const paper_about *about, const paper_models *models,
                                        const paper_model *model, sw_err *err);
SW_NODISCARD sw_code paper_draw_speed(buf *out, const paper_about *about, const paper_models *models,
                                      const paper_model *model, sw_err *err);
SW_NODISCARD sw_code paper_draw_memory(buf *out, const paper_about *about, const paper_models *models,
                                       const paper_model *model, sw_err *err);
SW_NODISCARD sw_code paper_draw_experts(buf *out, const paper_about *about, const paper_models *models,
                                        const paper_model *model, sw_err *err);

#endif
