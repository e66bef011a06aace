/* cuda_modules.h - kernels as the driver has them: PTX that travels in the program, compiled when it is first used. */
#ifndef GPU_CUDA_MODULES_H
#define GPU_CUDA_MODULES_H

#include "gpu/cuda_driver.h"
#include "gpu/device.h"

/* One kernel file, compiled for one generation.  The table ends with a NULL; it is made by cmake/gpu.cmake. */
typedef struct cuda_ptx {
    const char *file;
    int capability; // the smallest that it runs on: 75, 80
    const unsigned char *text;
} cuda_ptx;
extern const cuda_ptx CUDA_PTX[];
extern const char *const CUDA_PTX_MISSING; // why the table is empty

enum { CUDA_MODULES_MAX = 32 };

/* The kernels of one device; zeroed: none is loaded. */
typedef struct cuda_modules {
    const char *files[CUDA_MODULES_MAX]; // those that are loaded
    cuda_handle handles[CUDA_MODULES_MAX];
    cuda_handle functions[N_KERNELS];
} cuda_modules;

/* SW_EUNSUPPORTED if this build has no kernels, or none for this capability. */
SW_NODISCARD sw_code cuda_modules_check(int capability, sw_err *err);

/* The function of a kernel.  The driver compiles its file when it is first asked for: seconds, or milliseconds from the
 * driver's cache.  SW_EUNSUPPORTED with the compiler's own words if it cannot. */
SW_NODISCARD sw_code cuda_modules_find(cuda_modules *m, const cuda_driver *cu, int capability, kernel_id kernel,
                                       cuda_handle *out, sw_err *err);
void cuda_modules_free(cuda_modules *m, const cuda_driver *cu);

#endif
