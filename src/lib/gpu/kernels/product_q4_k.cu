/* product_q4_k.cu - products with Q4_K; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q4_k, Q4_K, 1)
MANY_KERNELS(q4_k, Q4_K, 1, 8)
