/* product_q5_1.cu - products with Q5_1; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q5_1, Q5_1, 1)
MANY_KERNELS(q5_1, Q5_1, 1, 8)
