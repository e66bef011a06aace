/* cuda_driver.c - finds the driver, and gives its errors words. */
#include "gpu/cuda_driver.h"

#include <dlfcn.h>

/* POSIX lets a function's address be kept in an object's pointer.  Returns the first symbol that is missing, or NULL.
 */
static const char *find_functions(cuda_driver *cu)
{
#define X(member, symbol, parameters)                                                                                  \
    *(void **)&cu->member = dlsym(cu->library, #symbol);                                                               \
    if (cu->member == NULL)                                                                                            \
        return #symbol;
    CUDA_FUNCTIONS(X)
#undef X
    return NULL;
}

sw_code cuda_driver_open(const char *path, cuda_driver *out, sw_err *err)
{
    static const char *const REMEDY = "run without a GPU, or install NVIDIA's driver";
    *out = (cuda_driver){.library = dlopen(path != NULL ? path : "libcuda.so.1", RTLD_NOW | RTLD_LOCAL)};
    if (out->library == NULL) {
        const char *const reason = dlerror();
        return sw_fail(err, SW_ENOTFOUND, "no NVIDIA driver: %.200s; %s", reason != NULL ? reason : "no reason is told",
                       REMEDY);
    }
    const char *const missing = find_functions(out);
    if (missing != NULL)
        return sw_fail(err, SW_EUNSUPPORTED, "the NVIDIA driver is too old: it has no %s; install driver 470 or newer",
                       missing);
    sw_err why;
    sw_err_clear(&why);
    if (cuda_check(out, out->init(0), "the NVIDIA driver does not start", "cuInit", &why) != SW_OK ||
        cuda_check(out, out->get_version(&out->version), "the NVIDIA driver does not start", "cuDriverGetVersion",
                   &why) != SW_OK)
        return sw_fail(err, why.code == SW_ENOTFOUND ? SW_ENOTFOUND : SW_EUNSUPPORTED, "%.400s; %s", why.msg, REMEDY);
    return SW_OK;
}

sw_code cuda_check(const cuda_driver *cu, int result, const char *what, const char *call, sw_err *err)
{
    if (result == 0)
        return SW_OK;
    const char *name = NULL, *text = NULL;
    if (cu->error_name(result, &name) != 0 || name == NULL)
        name = "an unknown result";
    if (cu->error_text(result, &text) != 0 || text == NULL)
        text = "no words";
    const sw_code code = result == CUDA_OUT_OF_MEMORY                                ? SW_ENOMEM
                         : result == CUDA_NO_DEVICE || result == CUDA_INVALID_DEVICE ? SW_ENOTFOUND
                                                                                     : SW_EIO;
    return sw_fail(err, code, "%s: %s: %s (%d): %s", what, call, name, result, text);
}
