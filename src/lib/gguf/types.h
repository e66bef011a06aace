/* types.h - tensor element types: ids of the file format, block shapes, names. */
#ifndef GGUF_TYPES_H
#define GGUF_TYPES_H

#include <stdbool.h>
#include <stdint.h>

// Elements are used as they lie in the file.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "model files are little-endian, and so must be the machine");

/* The numbers are the format's. */
typedef enum tensor_type {
    TYPE_F32 = 0,
    TYPE_F16 = 1,
    TYPE_Q4_0 = 2,
    TYPE_Q4_1 = 3,
    TYPE_Q5_0 = 6,
    TYPE_Q5_1 = 7,
    TYPE_Q8_0 = 8,
    TYPE_Q8_1 = 9,
    TYPE_Q2_K = 10,
    TYPE_Q3_K = 11,
    TYPE_Q4_K = 12,
    TYPE_Q5_K = 13,
    TYPE_Q6_K = 14,
    TYPE_Q8_K = 15,
    TYPE_IQ2_XXS = 16,
    TYPE_IQ2_XS = 17,
    TYPE_IQ3_XXS = 18,
    TYPE_IQ1_S = 19,
    TYPE_IQ4_NL = 20,
    TYPE_IQ3_S = 21,
    TYPE_IQ2_S = 22,
    TYPE_IQ4_XS = 23,
    TYPE_I8 = 24,
    TYPE_I16 = 25,
    TYPE_I32 = 26,
    TYPE_I64 = 27,
    TYPE_F64 = 28,
    TYPE_IQ1_M = 29,
    TYPE_BF16 = 30,
    TYPE_TQ1_0 = 34,
    TYPE_TQ2_0 = 35,
    TYPE_MXFP4 = 39,
    TYPE_NVFP4 = 40,
    TYPE_Q1_0 = 41,
    TYPE_Q2_0 = 42,
    TYPE_N = 43
} tensor_type;

typedef struct type_traits {
    const char *name;     // NULL: unknown or removed
    uint32_t block_elems; // elements per block
    uint32_t block_bytes; // bytes per block
} type_traits;

/* Of any id below TYPE_N; name is NULL for holes. */
const type_traits *type_get(uint32_t id);

static inline const char *type_name(tensor_type t)
{
    return type_get((uint32_t)t)->name;
}

/* Bytes of a row of n elements; n must be a multiple of the block. */
static inline uint64_t type_row_bytes(tensor_type t, uint64_t n)
{
    const type_traits *const k = type_get((uint32_t)t);
    return n / k->block_elems * k->block_bytes;
}

/* A type whose blocks divide rows of n elements: t itself, or what published files fall back to. */
tensor_type type_fitting(tensor_type t, uint64_t n);

#endif
