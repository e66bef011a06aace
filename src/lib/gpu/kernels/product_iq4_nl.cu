/* product_iq4_nl.cu - products with IQ4_NL; a file per format, since the driver compiles whole files. */
#include "gpu/kernels/few.h"
#include "gpu/kernels/many.h"

FEW_KERNELS(iq4_nl, IQ4_NL, 0)
MANY_KERNELS(iq4_nl, IQ4_NL, 1, 4)
