/* product_mxfp4.cu - products with MXFP4; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(mxfp4, MXFP4, 0)
MANY_KERNELS(mxfp4, MXFP4, 1, 4)
