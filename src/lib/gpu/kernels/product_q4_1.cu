/* product_q4_1.cu - products with Q4_1; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q4_1, Q4_1, 1)
MANY_KERNELS(q4_1, Q4_1, 1, 8)
