/* attend_f16.cu - attention over pages of F16; a file per type, since the driver compiles whole files. */
#include "gpu/kernels/gpu_attend.h"

ATTEND_KERNELS(f16, F16)
