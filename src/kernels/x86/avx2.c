#include "kernels/variants.h"

void sw__kernels_fill_avx2(sw_kernels *k)
{
    k->name = "avx2";
}
