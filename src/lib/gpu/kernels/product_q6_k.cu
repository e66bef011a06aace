/* product_q6_k.cu - products with Q6_K; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q6_k, Q6_K, 0)
MANY_KERNELS(q6_k, Q6_K, 1, 4)
