/* segments.h - work that a stream is given again and again, as graphs: one call of the driver for many operations.
 *
 * Between segments_begin and segments_end the stream's copies, fills and launches are kept until something waits for
 * the stream or looks at it, until device_stream_flush, or until there are many: they are a *segment*.  One that was
 * given before is given as a graph; one that is new is given operation by operation, and recorded when it comes for the
 * second time.
 *
 * Segments are the same if they are so byte for byte: operations, addresses, sizes, kernels and their structs.  So
 * nobody has to know which steps are alike, and a graph never does anything else than was asked for.  What changes from
 * step to step has to lie in memory, at addresses that stay; where it does not, work is only slower.
 *
 * Graphs hold memory of the device that device_allocated does not count.
 */
#ifndef GPU_SEGMENTS_H
#define GPU_SEGMENTS_H

#include "gpu/device.h"

enum {
    SEGMENT_OPS_MAX = 128, // the device works on one while the next is put together
    SEGMENT_OPS_MIN = 3,   // fewer are not worth a graph, and always given one by one
    SEGMENT_SETS = 64,     // of graphs, by the hash of what they do
    SEGMENT_WAYS = 4,      // graphs of a set
    SEGMENTS_KEPT = SEGMENT_SETS * SEGMENT_WAYS
};

typedef struct segments segments;

/* Keeps nothing yet.  SW_ENOMEM. */
SW_NODISCARD sw_code segments_open(device_stream *stream, segments **out, sw_err *err);
/* Before the stream is closed; NULL is accepted. */
void segments_close(segments *s);

void segments_begin(segments *s);
/* What is still kept is dropped: the stream was waited for before. */
void segments_end(segments *s);

typedef struct segments_counts {
    uint64_t n_replayed; // given as a graph
    uint64_t n_captured; // recorded, then given as a graph
    uint64_t n_direct;   // given operation by operation
} segments_counts;

/* Since it was opened, of segments that are worth a graph; any thread. */
segments_counts segments_counted(const segments *s);
/* Why nothing is recorded any more, or NULL; any thread. */
const char *segments_failure(const segments *s);

#endif
