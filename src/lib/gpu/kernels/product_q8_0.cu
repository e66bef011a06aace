/* product_q8_0.cu - products with Q8_0; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q8_0, Q8_0, 0)
MANY_KERNELS(q8_0, Q8_0, 2, 4)
