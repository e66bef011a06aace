/* cuda_modules.c - a file of kernels is loaded as a whole; which PTX it is depends on the device's generation alone. */
#include "gpu/cuda_modules.h"

#include <string.h>

enum { LOG_BYTES = 4096 };

/* The newest PTX of a file that the device runs; NULL: none. */
static const cuda_ptx *best_ptx(const char *file, int capability)
{
    const cuda_ptx *best = NULL;
    for (const cuda_ptx *p = CUDA_PTX; p->file != NULL; p++) {
        if (strcmp(p->file, file) == 0 && p->capability <= capability &&
            (best == NULL || p->capability > best->capability))
            best = p;
    }
    return best;
}

sw_code cuda_modules_check(int capability, sw_err *err)
{
    if (CUDA_PTX[0].file == NULL)
        return sw_fail(err, SW_EUNSUPPORTED, "this build has no GPU kernels: %s", CUDA_PTX_MISSING);
    if (best_ptx(CUDA_PTX[0].file, capability) == NULL)
        return sw_fail(err, SW_EUNSUPPORTED,
                       "this GPU has compute capability %d.%d, and 7.5 (Turing, 2018) is the least", capability / 10,
                       capability % 10);
    return SW_OK;
}

/* The first lines of a log, as one line. */
static void flatten(char *log)
{
    for (char *p = log; *p != '\0'; p++) {
        if (*p == '\n')
            *p = ' ';
    }
}

static sw_code load(const cuda_driver *cu, const cuda_ptx *ptx, cuda_handle *out, sw_err *err)
{
    char log[LOG_BYTES] = "";
    int options[] = {CUDA_JIT_ERROR_LOG, CUDA_JIT_ERROR_LOG_BYTES};
    void *values[] = {log, (void *)(uintptr_t)sizeof log};
    const int result = cu->load(out, ptx->text, 2, options, values);
    sw_err why;
    sw_err_clear(&why);
    if (cuda_check(cu, result, ptx->file, "cuModuleLoadDataEx", &why) == SW_OK)
        return SW_OK;
    log[sizeof log - 1] = '\0';
    flatten(log);
    const bool is_driver = result == CUDA_INVALID_PTX || result == CUDA_UNSUPPORTED_PTX || result == CUDA_NO_BINARY;
    return sw_fail(
        err, is_driver ? SW_EUNSUPPORTED : why.code,
        "the NVIDIA driver (CUDA %d.%d) cannot compile the kernels of %.200s%s%.200s; install driver 470 or newer",
        cu->version / 1000, cu->version % 1000 / 10, why.msg, log[0] != '\0' ? ": " : "", log);
}

static sw_code find_module(cuda_modules *m, const cuda_driver *cu, int capability, const char *file, cuda_handle *out,
                           sw_err *err)
{
    size_t i = 0;
    for (; i < CUDA_MODULES_MAX && m->files[i] != NULL; i++) {
        if (strcmp(m->files[i], file) == 0) {
            *out = m->handles[i];
            return SW_OK;
        }
    }
    const cuda_ptx *const ptx = best_ptx(file, capability);
    if (ptx == NULL || i == CUDA_MODULES_MAX)
        return sw_fail(err, SW_EUNSUPPORTED, "this build has no kernels of %s for compute capability %d", file,
                       capability);
    const sw_code code = load(cu, ptx, out, err);
    if (code == SW_OK) {
        m->files[i] = ptx->file;
        m->handles[i] = *out;
    }
    return code;
}

sw_code cuda_modules_find(cuda_modules *m, const cuda_driver *cu, int capability, kernel_id kernel, cuda_handle *out,
                          sw_err *err)
{
    const kernel_facts *const k = &KERNEL_FACTS[kernel];
    cuda_handle module;
    *out = m->functions[kernel];
    if (*out != NULL)
        return SW_OK;
    sw_code code = find_module(m, cu, capability, k->file, &module, err);
    if (code == SW_OK)
        code =
            cuda_check(cu, cu->function(&m->functions[kernel], module, k->name), k->name, "cuModuleGetFunction", err);
    if (code == SW_OK)
        *out = m->functions[kernel];
    return code;
}

void cuda_modules_free(cuda_modules *m, const cuda_driver *cu)
{
    for (size_t i = 0; i < CUDA_MODULES_MAX && m->files[i] != NULL; i++)
        cu->unload(m->handles[i]);
    *m = (cuda_modules){0};
}
