#include "gguf/types.h"

// clang-format off
static const sw_type_traits TRAITS[SW_N_TYPES] = {
    [SW_F32]     = {"F32",       1,   4}, [SW_F16]     = {"F16",       1,   2}, [SW_BF16]    = {"BF16",      1,   2},
    [SW_Q4_0]    = {"Q4_0",     32,  18}, [SW_Q4_1]    = {"Q4_1",     32,  20}, [SW_Q5_0]    = {"Q5_0",     32,  22},
    [SW_Q5_1]    = {"Q5_1",     32,  24}, [SW_Q8_0]    = {"Q8_0",     32,  34}, [SW_Q8_1]    = {"Q8_1",     32,  36},
    [SW_Q2_K]    = {"Q2_K",    256,  84}, [SW_Q3_K]    = {"Q3_K",    256, 110}, [SW_Q4_K]    = {"Q4_K",    256, 144},
    [SW_Q5_K]    = {"Q5_K",    256, 176}, [SW_Q6_K]    = {"Q6_K",    256, 210}, [SW_Q8_K]    = {"Q8_K",    256, 292},
    [SW_IQ2_XXS] = {"IQ2_XXS", 256,  66}, [SW_IQ2_XS]  = {"IQ2_XS",  256,  74}, [SW_IQ2_S]   = {"IQ2_S",   256,  82},
    [SW_IQ3_XXS] = {"IQ3_XXS", 256,  98}, [SW_IQ3_S]   = {"IQ3_S",   256, 110}, [SW_IQ1_S]   = {"IQ1_S",   256,  50},
    [SW_IQ1_M]   = {"IQ1_M",   256,  56}, [SW_IQ4_NL]  = {"IQ4_NL",   32,  18}, [SW_IQ4_XS]  = {"IQ4_XS",  256, 136},
    [SW_I8]      = {"I8",        1,   1}, [SW_I16]     = {"I16",       1,   2}, [SW_I32]     = {"I32",       1,   4},
    [SW_I64]     = {"I64",       1,   8}, [SW_F64]     = {"F64",       1,   8}, [SW_TQ1_0]   = {"TQ1_0",   256,  54},
    [SW_TQ2_0]   = {"TQ2_0",   256,  66}, [SW_MXFP4]   = {"MXFP4",    32,  17}, [SW_NVFP4]   = {"NVFP4",    64,  36},
    [SW_Q1_0]    = {"Q1_0",    128,  18}, [SW_Q2_0]    = {"Q2_0",     64,  18},
};
// clang-format on

const sw_type_traits *sw_type_get(uint32_t id)
{
    static const sw_type_traits NONE = {0};
    return id < SW_N_TYPES ? &TRAITS[id] : &NONE;
}

sw_type sw_type_fitting(sw_type t, uint64_t n)
{
    if (n % sw_type_get((uint32_t)t)->block_elems == 0)
        return t;
    if (n % 32 != 0)
        return SW_F16;
    return t == SW_Q4_K ? SW_Q5_0 : SW_Q8_0;
}
