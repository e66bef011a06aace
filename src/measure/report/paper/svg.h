/* svg.h - small drawings as SVG: a plot with axes, lines, bars and cells, for papers and pages without a script.
 *
 * Coordinates are pixels from the top left, or the plot's own.  Every text is escaped; a drawing has no script, no
 * style sheet and no link.
 */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { SVG_N_COLORS = 8 };

/* Begins a drawing on white; `title` and `description` are for readers that do not see it. */
void svg_begin(buf *out, double width, double height, const char *title, const char *description);
void svg_end(buf *out);

/* `anchor`: "start", "middle" or "end". */
void svg_text(buf *out, double x, double y, const char *anchor, const char *text);
void svg_line(buf *out, double x1, double y1, double x2, double y2, const char *color);
void svg_rect(buf *out, double x, double y, double width, double height, const char *color);
/* A cell whose colour says a share from 0 (white) to 1 (dark). */
void svg_cell(buf *out, double x, double y, double width, double height, double share);

/* One of SVG_N_COLORS colours that also readers with colour blindness tell apart (Okabe and Ito). */
const char *svg_color(size_t i);

typedef struct svg_plot {
    double left, top, width, height;   // of the area inside the axes, in pixels
    double x_min, x_max, y_min, y_max; // x_min > 0 if is_log
    bool is_log;                       // of x
} svg_plot;

/* Draws the frame, ticks and labels of both axes; y_label NULL: none of y. */
void svg_axes(buf *out, const svg_plot *plot, const char *x_label, const char *y_label);
/* A line through points of the plot: begin, points, end.  The i-th line has its own colour, and from SVG_N_COLORS on
 * its own dashes. */
void svg_path_begin(buf *out, size_t i);
void svg_path_point(buf *out, const svg_plot *plot, double x, double y);
void svg_path_end(buf *out);
/* The i-th name beside the plot, with its line. */
void svg_legend(buf *out, const svg_plot *plot, size_t i, const char *name);

#endif
