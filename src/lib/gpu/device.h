/* device.h - another processor with memory of its own, and nothing of models: what a GPU backend needs of it.
 *
 * Two implementations: a GPU through NVIDIA's driver ("cuda:0", cuda_device.c), and one that runs the same kernels on
 * this processor ("emu:64MiB", emu_device.c), in test builds only.  Addresses in device memory are pointers that only
 * kernels and copies may read: those of the emulation are no addresses of this process, so that a mistake ends it.
 *
 * What a stream is given happens in the order in which it was given, and later: memory that a copy or a launch reads or
 * writes must stay as it is until the stream was waited for.  The emulation waits as long as it may, so that a missing
 * wait shows.  One thread at a time uses a stream; different streams, allocation and copies are free to different
 * threads.
 *
 * Every error names the call that failed.  After SW_EIO the device is lost: everything fails from then on but closing.
 */
#ifndef GPU_DEVICE_H
#define GPU_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gpu/kernels/kernel_list.h"
#include "spillway/error.h"

typedef struct device device;

/* What device_open can be given; zeroed: the defaults. */
typedef struct device_options {
    size_t budget;            // bytes that device_alloc may take; 0: no bound but the device's memory
    const char *cuda_library; // the driver's library; NULL: libcuda.so.1 of the system
} device_options;

typedef struct device_keeper device_keeper;

/* Work in order.  Implementations embed these as their first members. */
typedef struct device_stream {
    device *device;
    device_keeper *keeper; // NULL: work is given at once
} device_stream;
typedef struct device_event { // a moment in a stream
    device *device;
} device_event;
typedef struct device_graph { // work that was recorded, to be given to streams again and again
    device *device;
} device_graph;

typedef enum device_way { COPY_UP, COPY_DOWN, COPY_WITHIN } device_way; // to the device, from it, inside of it

/* A kernel to run on grid[0] x grid[1] x grid[2] blocks of n_threads, a multiple of 32. */
typedef struct device_launch {
    kernel_id kernel;
    uint32_t grid[3];
    uint32_t n_threads;
    const void *args; // the struct that kernel_list.h names; copied by the call
} device_launch;

/* Takes a stream's work and gives it later, in its order (segments.h).  Implementations embed this. */
struct device_keeper {
    sw_code (*copy)(device_keeper *k, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err);
    sw_code (*fill)(device_keeper *k, void *to, int byte, size_t n_bytes, sw_err *err);
    sw_code (*launch)(device_keeper *k, const device_launch *l, sw_err *err);
    sw_code (*flush)(device_keeper *k, sw_err *err); // gives all; nothing is kept then, also after a failure
};

typedef struct device_ops {
    void (*close)(device *d);
    sw_code (*memory)(device *d, size_t *free_out, size_t *total_out, sw_err *err);
    sw_code (*alloc)(device *d, size_t n_bytes, void **out, sw_err *err);
    void (*free)(device *d, void *p);
    sw_code (*pinned_alloc)(device *d, size_t n_bytes, void **out, sw_err *err);
    void (*pinned_free)(device *d, void *p);
    sw_code (*pin)(device *d, void *p, size_t n_bytes, sw_err *err);
    void (*unpin)(device *d, void *p);

    sw_code (*stream_open)(device *d, device_stream **out, sw_err *err);
    void (*stream_close)(device_stream *s);
    sw_code (*stream_wait)(device_stream *s, sw_err *err);
    sw_code (*copy)(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err);
    sw_code (*fill)(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err);
    sw_code (*launch)(device_stream *s, const device_launch *l, sw_err *err);

    sw_code (*event_open)(device *d, device_event **out, sw_err *err);
    void (*event_close)(device_event *e);
    sw_code (*event_record)(device_event *e, device_stream *s, sw_err *err);
    sw_code (*event_wait)(device_event *e, sw_err *err);
    sw_code (*event_passed)(device_event *e, bool *out, sw_err *err);
    sw_code (*event_join)(device_event *e, device_stream *s, sw_err *err);
    sw_code (*event_us)(const device_event *from, const device_event *to, double *out, sw_err *err);

    sw_code (*capture_begin)(device_stream *s, sw_err *err);
    sw_code (*capture_end)(device_stream *s, device_graph **out, sw_err *err);
    sw_code (*graph_launch)(device_graph *g, device_stream *s, sw_err *err);
    void (*graph_close)(device_graph *g);
} device_ops;

enum { DEVICE_NAME_BYTES = 64, DEVICE_ALIGNMENT = 256 };

/* Implementations embed this as their first member. */
struct device {
    const device_ops *ops;
    char name[DEVICE_NAME_BYTES];  // "cuda:0", "emu:64MiB"
    char model[DEVICE_NAME_BYTES]; // what it is: "NVIDIA H200"
    bool is_emulated;              // its speed says nothing
    int capability;                // 10 * major + minor: 75, 80, 90
    int n_processors;
    size_t budget;
    atomic_size_t n_bytes; // taken by device_alloc
};

/* Everything that was opened on it is closed and freed before.  NULL is accepted. */
void device_close(device *d);

/* Device memory that holds anything, aligned to DEVICE_ALIGNMENT.  SW_ENOMEM, with the figures, if the budget or the
 * device's memory does not suffice; `what` is what it is for. */
SW_NODISCARD sw_code device_alloc(device *d, const char *what, size_t n_bytes, void **out, sw_err *err);
/* NULL is accepted; n_bytes is that of device_alloc. */
void device_free(device *d, void *p, size_t n_bytes);
/* Bytes that device_alloc has given and device_free not had back; any thread. */
size_t device_allocated(const device *d);
/* The driver's own figures: bytes free for all programs, and in all. */
SW_NODISCARD sw_code device_memory(device *d, size_t *free_out, size_t *total_out, sw_err *err);

/* Memory of this machine that the device copies at full speed, and that kernels may read and write. */
SW_NODISCARD sw_code device_pinned_alloc(device *d, size_t n_bytes, void **out, sw_err *err);
void device_pinned_free(device *d, void *p); // NULL is accepted
/* Makes memory of this machine such memory, as far as copies go; whole pages. */
SW_NODISCARD sw_code device_pin(device *d, void *p, size_t n_bytes, sw_err *err);
void device_unpin(device *d, void *p);

SW_NODISCARD sw_code device_stream_open(device *d, device_stream **out, sw_err *err);
void device_stream_close(device_stream *s); // what it was given is done or dropped; NULL is accepted
/* Returns when all that the stream was given is done, also after a failure. */
SW_NODISCARD sw_code device_stream_wait(device_stream *s, sw_err *err);
/* The device begins with all that the stream was given: nothing is kept back. */
SW_NODISCARD sw_code device_stream_flush(device_stream *s, sw_err *err);
SW_NODISCARD sw_code device_copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way,
                                 sw_err *err);
SW_NODISCARD sw_code device_fill(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err);
SW_NODISCARD sw_code device_run(device_stream *s, const device_launch *l, sw_err *err);

SW_NODISCARD sw_code device_event_open(device *d, device_event **out, sw_err *err);
void device_event_close(device_event *e); // NULL is accepted
/* The moment when all that the stream was given so far is done.  The stream stays open as long as the event is used. */
SW_NODISCARD sw_code device_event_record(device_event *e, device_stream *s, sw_err *err);
/* Returns after the moment that was recorded last; at once if there is none. */
SW_NODISCARD sw_code device_event_wait(device_event *e, sw_err *err);
/* Asks, without waiting, whether the moment that was recorded last has passed; true if there is none.  The emulation
 * does some of the stream's work when it is asked, so that what is asked again and again passes. */
SW_NODISCARD sw_code device_event_passed(device_event *e, bool *out, sw_err *err);
/* What the stream is given from now on waits for the moment that was recorded last. */
SW_NODISCARD sw_code device_event_join(device_event *e, device_stream *s, sw_err *err);
/* Microseconds between two moments that have passed; 0 of an emulated device. */
SW_NODISCARD sw_code device_event_us(const device_event *from, const device_event *to, double *out, sw_err *err);

/* From here on the stream's copies, fills and launches are recorded and not done, until capture_end gives the graph.
 * The addresses that they were given are those of every replay. */
SW_NODISCARD sw_code device_capture_begin(device_stream *s, sw_err *err);
SW_NODISCARD sw_code device_capture_end(device_stream *s, device_graph **out, sw_err *err);
SW_NODISCARD sw_code device_graph_launch(device_graph *g, device_stream *s, sw_err *err);
void device_graph_close(device_graph *g); // NULL is accepted

#endif
