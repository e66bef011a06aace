/* stress_figures.c - the names of figures, and setting them. */
#include "figures/stress/stress_figures.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define STRESS_FIGURE_ROW(name, text, unit, meaning) {text, unit, meaning},
const stress_figure_row STRESS_FIGURE_ROWS[N_STRESS_FIGURES] = {STRESS_FIGURES(STRESS_FIGURE_ROW)};
#undef STRESS_FIGURE_ROW

void stress_figures_init(stress_figures *figures)
{
    for (int i = 0; i < N_STRESS_FIGURES; i++)
        stress_figure_lack(figures, i, FIGURE_MISSING, "it was not asked for");
}

void stress_figure_set(stress_figures *figures, stress_figure_id id, double value, interval range, size_t n,
                       const char *n_unit)
{
    figures->v[id] =
        (stress_figure){.state = FIGURE_MEASURED, .value = value, .range = range, .n = n, .n_unit = n_unit};
}

static void put_reason(stress_figure *f, const char *format, va_list args)
{
    vsnprintf(f->reason, sizeof f->reason, format, args);
    utf8_replace_invalid(f->reason, strlen(f->reason)); // a name may have been cut inside a character
}

void stress_figure_remark(stress_figures *figures, stress_figure_id id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_reason(&figures->v[id], format, args);
    va_end(args);
}

void stress_figure_lack(stress_figures *figures, stress_figure_id id, figure_state state, const char *format, ...)
{
    stress_figure *const f = &figures->v[id];
    va_list args;
    *f = (stress_figure){.state = state, .value = NAN, .range = {NAN, NAN}, .n_unit = ""};
    va_start(args, format);
    put_reason(f, format, args);
    va_end(args);
}
