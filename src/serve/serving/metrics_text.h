/* metrics_text.h - metrics as text that Prometheus reads.
 *
 * Two formats: the plain one, version 0.0.4, and OpenMetrics 1.0.  A family is begun once, and all its samples follow;
 * counters have names that end in "_total".  Label values are escaped and may be any text.
 */
#ifndef SERVING_METRICS_TEXT_H
#define SERVING_METRICS_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "serving/histogram.h"

typedef struct metrics_text {
    buf *out;
    bool is_openmetrics;
    const char *family; // that was begun
} metrics_text;

typedef enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM } metrics_type;

/* Labels of a sample; ends with a row without a name. */
typedef struct metrics_label {
    const char *name, *value;
} metrics_label;

/* Begins a family.  `name` outlives its samples. */
void metrics_text_family(metrics_text *t, const char *name, metrics_type type, const char *help);
/* A sample of a counter or gauge; `labels` may be NULL. */
void metrics_text_sample(metrics_text *t, const metrics_label *labels, double value);
/* The samples of a histogram. */
void metrics_text_histogram(metrics_text *t, const metrics_label *labels, const histogram *h);
/* After the last family. */
void metrics_text_end(metrics_text *t);

#endif
