/* types.h - tensor element types: ids of the file format, block shapes, names. */
#ifndef SW_TYPES_H
#define SW_TYPES_H

#include <stdbool.h>
#include <stdint.h>

// Elements are used as they lie in the file.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "model files are little-endian, and so must be the machine");

/* The numbers are the format's. */
typedef enum sw_type {
    SW_F32 = 0,
    SW_F16 = 1,
    SW_Q4_0 = 2,
    SW_Q4_1 = 3,
    SW_Q5_0 = 6,
    SW_Q5_1 = 7,
    SW_Q8_0 = 8,
    SW_Q8_1 = 9,
    SW_Q2_K = 10,
    SW_Q3_K = 11,
    SW_Q4_K = 12,
    SW_Q5_K = 13,
    SW_Q6_K = 14,
    SW_Q8_K = 15,
    SW_IQ2_XXS = 16,
    SW_IQ2_XS = 17,
    SW_IQ3_XXS = 18,
    SW_IQ1_S = 19,
    SW_IQ4_NL = 20,
    SW_IQ3_S = 21,
    SW_IQ2_S = 22,
    SW_IQ4_XS = 23,
    SW_I8 = 24,
    SW_I16 = 25,
    SW_I32 = 26,
    SW_I64 = 27,
    SW_F64 = 28,
    SW_IQ1_M = 29,
    SW_BF16 = 30,
    SW_TQ1_0 = 34,
    SW_TQ2_0 = 35,
    SW_MXFP4 = 39,
    SW_NVFP4 = 40,
    SW_Q1_0 = 41,
    SW_Q2_0 = 42,
    SW_N_TYPES = 43
} sw_type;

typedef struct sw_type_traits {
    const char *name;     // NULL: unknown or removed
    uint32_t block_elems; // elements per block
    uint32_t block_bytes; // bytes per block
} sw_type_traits;

/* Of any id below SW_N_TYPES; name is NULL for holes. */
const sw_type_traits *sw_type_get(uint32_t id);

static inline const char *sw_type_name(sw_type t)
{
    return sw_type_get((uint32_t)t)->name;
}

/* Bytes of a row of n elements; n must be a multiple of the block. */
static inline uint64_t sw_type_row_bytes(sw_type t, uint64_t n)
{
    const sw_type_traits *const k = sw_type_get((uint32_t)t);
    return n / k->block_elems * k->block_bytes;
}

/* A type whose blocks divide rows of n elements: t itself, or what published files fall back to. */
sw_type sw_type_fitting(sw_type t, uint64_t n);

#endif
