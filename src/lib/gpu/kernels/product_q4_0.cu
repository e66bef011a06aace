/* product_q4_0.cu - products with Q4_0; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q4_0, Q4_0, 0)
MANY_KERNELS(q4_0, Q4_0, 1, 4)
