/* product_q3_k.cu - products with Q3_K; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q3_k, Q3_K, 0)
MANY_KERNELS(q3_k, Q3_K, 1, 4)
