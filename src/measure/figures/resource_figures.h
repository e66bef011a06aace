/* resource_figures.h - what was sampled of a model's servers, each figure as lowest, median and highest; of figures
 * that only ever grow, what was added while the run looked.  Pure.
 */
#ifndef FIGURES_RESOURCE_FIGURES_H
#define FIGURES_RESOURCE_FIGURES_H

#include "results/record.h"
#include "spillway/error.h"

typedef struct resource_figure {
    size_t n;                // samples that have it
    double min, median, max; // NAN without samples, and for totals
    double growth;           // totals: added between the samples of one server; NAN: not a total
    double per_s;            // the same per second
} resource_figure;

typedef struct resource_figures {
    size_t n; // samples
    resource_figure figures[N_SAMPLE_FIGURES];
} resource_figures;

/* Of the model's servers that offload (or were given), or of its reference servers.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code resource_figures_of(const run_record *run, int subject, bool is_reference, resource_figures *out,
                                         sw_err *err);

/* The same of one of several GPUs: out[i] is the figure SAMPLE_GPU_PROCESS + i. */
SW_NODISCARD sw_code resource_gpu_figures_of(const run_record *run, int subject, bool is_reference, int gpu,
                                             resource_figure out[N_GPU_FIGURES], sw_err *err);
/* GPUs that were sampled one by one, as numbers 0 .. n-1; 0: there was one, or none. */
int resource_n_gpus(const run_record *run);

#endif
