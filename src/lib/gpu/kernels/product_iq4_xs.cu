/* product_iq4_xs.cu - products with IQ4_XS; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(iq4_xs, IQ4_XS, 0)
MANY_KERNELS(iq4_xs, IQ4_XS, 1, 4)
