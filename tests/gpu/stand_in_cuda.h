/* stand_in_cuda.h - what a test sets in the stand-in for NVIDIA's driver, and reads from it. */
#ifndef TESTS_GPU_STAND_IN_CUDA_H
#define TESTS_GPU_STAND_IN_CUDA_H

typedef struct stand_in_cuda_state {
    int n_devices, major, minor, version;
    const char *failing; // the call that gives `result`; NULL: none
    int result;
    int is_lost;         // after `failing` every call but those that free gives `result`
    int has_failed;      // `failing` was called
    const char *jit_log; // what the compiler says when it fails
    int n_live;          // contexts, modules, memory, streams, events and graphs that are there
    int n_loads, n_launches;
    int target; // of the PTX that was loaded last: 75, 80
    /* Runs a kernel; its memory is this process's.  0 for success. */
    int (*run)(const char *kernel, const void *args, const unsigned grid[3], unsigned n_threads);
} stand_in_cuda_state;

#endif
