/* product_q5_0.cu - products with Q5_0; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q5_0, Q5_0, 0)
MANY_KERNELS(q5_0, Q5_0, 1, 4)
