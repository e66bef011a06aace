/* svg.c - shapes as elements, and ticks at round numbers. */
#include "report/paper/svg.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "report/format.h"

enum { FONT_PX = 12, NAME_CHARACTERS = 28 };

static const char AXIS_COLOR[] = "#444444", GRID_COLOR[] = "#dddddd";

/* Two code points are valid UTF-8 and not valid XML. */
static void put_xml(buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        const int len = utf8_decode((const uint8_t *)text + i, n - i, &cp);
        if (len > 0 && (cp == 0xfffe || cp == 0xffff))
            buf_puts(out, "\xef\xbf\xbd");
        else
            escape_html(out, text + i, len > 0 ? (size_t)len : 1);
        i += len > 0 ? (size_t)len : 1;
    }
}

void svg_begin(buf *out, double width, double height, const char *title, const char *description)
{
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\""
               " font-family=\"sans-serif\" font-size=\"%d\" fill=\"none\">\n<title>",
               width, height, width, height, (int)FONT_PX);
    put_xml(out, title, strlen(title));
    buf_puts(out, "</title>\n<desc>");
    put_xml(out, description, strlen(description));
    buf_puts(out, "</desc>\n");
    svg_rect(out, 0, 0, width, height, "#ffffff");
}

void svg_end(buf *out)
{
    buf_puts(out, "</svg>\n");
}

void svg_text(buf *out, double x, double y, const char *anchor, const char *text)
{
    buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#111111\">", x, y, anchor);
    put_xml(out, text, strlen(text));
    buf_puts(out, "</text>\n");
}

void svg_line(buf *out, double x1, double y1, double x2, double y2, const char *color)
{
    buf_printf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, color);
}

void svg_rect(buf *out, double x, double y, double width, double height, const char *color)
{
    buf_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, width, height,
               color);
}

void svg_cell(buf *out, double x, double y, double width, double height, double share)
{
    const double dark = share > 0 ? fmin(share, 1) : 0; // white to #08306b
    char color[8];
    snprintf(color, sizeof color, "#%02x%02x%02x", (unsigned)(255 - dark * 247), (unsigned)(255 - dark * 207),
             (unsigned)(255 - dark * 148));
    svg_rect(out, x, y, width, height, color);
}

const char *svg_color(size_t i)
{
    static const char *const COLORS[SVG_N_COLORS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#000000", "#e69f00", "#56b4e9", "#7f7f00"};
    return COLORS[i % SVG_N_COLORS];
}

/* ---- plots ------------------------------------------------------------------------------------------------------- */

static double x_of(const svg_plot *p, double x)
{
    const double share =
        p->is_log ? log(x / p->x_min) / log(p->x_max / p->x_min) : (x - p->x_min) / (p->x_max - p->x_min);
    return p->left + p->width * share;
}

static double y_of(const svg_plot *p, double y)
{
    return p->top + p->height * (1 - (y - p->y_min) / (p->y_max - p->y_min));
}

/* The step of 1, 2 or 5 times a power of ten that divides the range into four to ten. */
static double tick_step(double range)
{
    const double power = pow(10, floor(log10(range / 4)));
    const double n = range / 4 / power;
    return power * (n >= 5 ? 5 : n >= 2 ? 2 : 1);
}

static void put_x_tick(buf *out, const svg_plot *p, double x)
{
    char text[CELL_BYTES];
    const double at = x_of(p, x);
    snprintf(text, sizeof text, "%g", x);
    svg_line(out, at, p->top, at, p->top + p->height, GRID_COLOR);
    svg_text(out, at, p->top + p->height + 16, "middle", text);
}

static void put_y_tick(buf *out, const svg_plot *p, double y)
{
    char text[CELL_BYTES];
    const double at = y_of(p, y);
    snprintf(text, sizeof text, "%g", y);
    svg_line(out, p->left, at, p->left + p->width, at, GRID_COLOR);
    svg_text(out, p->left - 6, at + 4, "end", text);
}

/* Of a logarithmic axis: powers of ten, and as many between them as make the labels of a short range three or more. */
static void put_log_ticks(buf *out, const svg_plot *p)
{
    static const double FEW[] = {1, 2, 5}, MANY[] = {1, 1.5, 2, 3, 4, 5, 6, 8};
    const double range = p->x_max / p->x_min;
    const double *const factors = range < 10 ? MANY : FEW;
    const size_t n_factors = range < 10 ? sizeof MANY / sizeof *MANY : range < 1000 ? sizeof FEW / sizeof *FEW : 1;
    for (double power = pow(10, floor(log10(p->x_min))); power <= p->x_max; power *= 10) {
        for (size_t i = 0; i < n_factors; i++) {
            const double x = power * factors[i];
            if (x >= p->x_min * 0.999 && x <= p->x_max * 1.001)
                put_x_tick(out, p, x);
        }
    }
}

/* Ticks are counted, so that rounding adds up to none too many. */
static void put_ticks(buf *out, const svg_plot *p, double min, double max,
                      void (*put)(buf *out, const svg_plot *p, double value))
{
    const double step = tick_step(max - min);
    for (double i = ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++)
        put(out, p, i * step + 0.0); // -0 becomes 0
}

void svg_axes(buf *out, const svg_plot *p, const char *x_label, const char *y_label)
{
    if (p->is_log)
        put_log_ticks(out, p);
    else
        put_ticks(out, p, p->x_min, p->x_max, put_x_tick);
    if (y_label != NULL)
        put_ticks(out, p, p->y_min, p->y_max, put_y_tick);
    svg_line(out, p->left, p->top, p->left, p->top + p->height, AXIS_COLOR);
    svg_line(out, p->left, p->top + p->height, p->left + p->width, p->top + p->height, AXIS_COLOR);
    svg_text(out, p->left + p->width / 2, p->top + p->height + 36, "middle", x_label);
    if (y_label != NULL)
        svg_text(out, p->left, p->top - 8, "start", y_label);
}

static void put_dashes(buf *out, size_t i)
{
    if (i >= SVG_N_COLORS)
        buf_printf(out, " stroke-dasharray=\"%zu 3\"", 2 + 3 * (i / SVG_N_COLORS));
}

void svg_path_begin(buf *out, size_t i)
{
    buf_printf(out, "<polyline stroke=\"%s\" stroke-width=\"1.5\"", svg_color(i));
    put_dashes(out, i);
    buf_puts(out, " points=\"");
}

void svg_path_point(buf *out, const svg_plot *plot, double x, double y)
{
    buf_printf(out, "%.1f,%.1f ", x_of(plot, x), y_of(plot, y));
}

void svg_path_end(buf *out)
{
    buf_puts(out, "\"/>\n");
}

void svg_legend(buf *out, const svg_plot *plot, size_t i, const char *name)
{
    const double x = plot->left + plot->width + 14, y = plot->top + 8 + 18 * (double)i;
    size_t n = 0;
    for (int k = 0; k < NAME_CHARACTERS && name[n] != '\0'; k++) // whole characters
        for (n++; (name[n] & 0xc0) == 0x80;)
            n++;
    buf_printf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"", x, y,
               x + 18, y, svg_color(i));
    put_dashes(out, i);
    buf_printf(out, "/>\n<text x=\"%.1f\" y=\"%.1f\" fill=\"#111111\">", x + 24, y + 4);
    put_xml(out, name, n);
    buf_puts(out, name[n] != '\0' ? "…</text>\n" : "</text>\n");
}
