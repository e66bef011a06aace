/* attend_f32.cu - attention over pages of F32; a file per type, since the driver compiles whole files. */
#include "gpu/kernels/gpu_attend.h"

ATTEND_KERNELS(f32, F32)
