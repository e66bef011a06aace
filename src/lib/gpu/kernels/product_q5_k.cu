/* product_q5_k.cu - products with Q5_K; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(q5_k, Q5_K, 1)
MANY_KERNELS(q5_k, Q5_K, 1, 8)
