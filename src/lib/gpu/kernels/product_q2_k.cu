/* product_q2_k.cu - products with Q2_K; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q2_k, Q2_K, 1)
MANY_KERNELS(q2_k, Q2_K, 1, 12)
