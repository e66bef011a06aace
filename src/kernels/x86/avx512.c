#include "kernels/variants.h"

void sw__kernels_fill_avx512(sw_kernels *k)
{
    k->name = "avx512";
}
