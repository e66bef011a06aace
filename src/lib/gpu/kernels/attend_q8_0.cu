/* attend_q8_0.cu - attention over pages of Q8_0; a file per type, since the driver compiles whole files. */
#include "gpu/kernels/gpu_attend.h"

ATTEND_KERNELS(q8_0, Q8_0)
