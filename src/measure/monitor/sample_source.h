/* sample_source.h - reads everything that SAMPLE_FIGURES names, for one server process and its machine.
 *
 * All files are read below a root (NULL: "/"), which tests replace with recorded trees of /proc and /sys.  What a
 * machine does not give is NAN.  A source belongs to one reader at a time.
 */
#ifndef MONITOR_SAMPLE_SOURCE_H
#define MONITOR_SAMPLE_SOURCE_H

#include <stdbool.h>

#include "base/clock.h"
#include "monitor/gpu.h"
#include "results/sample_figures.h"
#include "spillway/error.h"

typedef struct sample_source sample_source;

typedef struct sample_source_options {
    long pid;               // of the server; 0: the machine alone
    const char *model_path; // whose page cache is counted; NULL or "": none
    const char *root;       // NULL: "/"
    const char *nvml_path;  // library to open; NULL: libnvidia-ml.so.1 of the system; "": no GPU
    const sw_clock *clock;  // NULL: the system's; what changes slowly is read once a second of it
} sample_source_options;

/* Texts are copied.  Errors: SW_ENOMEM, SW_EINVAL (the root is too long).  A missing GPU is no error:
 * sample_source_gpu_note says why. */
SW_NODISCARD sw_code sample_source_open(sample_source **out, const sample_source_options *options, sw_err *err);
/* False, and nothing is written, if the process has ended or cannot be read. */
bool sample_source_read(void *source, sample_values *out);
/* Name and driver of the GPU, "" if there is none.  The note says why there is none, or the first figure of it that
 * cannot be read and why; else "". */
const char *sample_source_gpu_name(const sample_source *source);
const char *sample_source_gpu_driver(const sample_source *source);
/* The GPUs one by one, as last read. */
const gpu *sample_source_gpus(const sample_source *source);
/* How many they are, if they are several; else 0. */
size_t sample_source_n_gpus(const sample_source *source);
/* Each by itself (sample_source_n_gpus), as last read. */
void sample_source_read_gpus(void *source, gpu_values *out);
double sample_source_gpu_total_bytes(const sample_source *source); // NAN: none, or not told
const char *sample_source_gpu_note(const sample_source *source);
/* NULL is accepted. */
void sample_source_close(sample_source *source);

#endif
