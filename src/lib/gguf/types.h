/* types.h - tensor element types: one table of ids, names and block shapes, from which everything else is derived. */
#ifndef GGUF_TYPES_H
#define GGUF_TYPES_H

#include <stdbool.h>
#include <stdint.h>

// Elements are used in the byte order of the file.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "model files are little-endian, and so must be the machine");

/* Every type of the file format: X(name, id in the file, elements per block, bytes per block), in the order of the ids.
 * The ids that are missing were removed from the format. */
// clang-format off
#define TYPE_TABLE(X)                       \
    X(F32,     0,  1,   4)                  \
    X(F16,     1,  1,   2)                  \
    X(Q4_0,    2,  32,  18)                 \
    X(Q4_1,    3,  32,  20)                 \
    X(Q5_0,    6,  32,  22)                 \
    X(Q5_1,    7,  32,  24)                 \
    X(Q8_0,    8,  32,  34)                 \
    X(Q8_1,    9,  32,  36)                 \
    X(Q2_K,    10, 256, 84)                 \
    X(Q3_K,    11, 256, 110)                \
    X(Q4_K,    12, 256, 144)                \
    X(Q5_K,    13, 256, 176)                \
    X(Q6_K,    14, 256, 210)                \
    X(Q8_K,    15, 256, 292)                \
    X(IQ2_XXS, 16, 256, 66)                 \
    X(IQ2_XS,  17, 256, 74)                 \
    X(IQ3_XXS, 18, 256, 98)                 \
    X(IQ1_S,   19, 256, 50)                 \
    X(IQ4_NL,  20, 32,  18)                 \
    X(IQ3_S,   21, 256, 110)                \
    X(IQ2_S,   22, 256, 82)                 \
    X(IQ4_XS,  23, 256, 136)                \
    X(I8,      24, 1,   1)                  \
    X(I16,     25, 1,   2)                  \
    X(I32,     26, 1,   4)                  \
    X(I64,     27, 1,   8)                  \
    X(F64,     28, 1,   8)                  \
    X(IQ1_M,   29, 256, 56)                 \
    X(BF16,    30, 1,   2)                  \
    X(TQ1_0,   34, 256, 54)                 \
    X(TQ2_0,   35, 256, 66)                 \
    X(MXFP4,   39, 32,  17)                 \
    X(NVFP4,   40, 64,  36)                 \
    X(Q1_0,    41, 128, 18)                 \
    X(Q2_0,    42, 64,  18)
// clang-format on

#define TYPE_ID(name, id, elems, bytes) TYPE_##name = (id),
/* TYPE_N is one more than the highest id: the size of an array over all types. */
typedef enum tensor_type { TYPE_TABLE(TYPE_ID) TYPE_N } tensor_type;
#undef TYPE_ID

/* Bytes per block as constants: TYPE_BYTES_Q4_K is 144. */
#define TYPE_BYTES(name, id, elems, bytes) TYPE_BYTES_##name = (bytes),
enum type_block_bytes { TYPE_TABLE(TYPE_BYTES) };
#undef TYPE_BYTES

/* Elements per block as constants: TYPE_ELEMS_Q4_K is 256. */
#define TYPE_ELEMS(name, id, elems, bytes) TYPE_ELEMS_##name = (elems),
enum type_block_elems { TYPE_TABLE(TYPE_ELEMS) };
#undef TYPE_ELEMS

typedef struct type_traits {
    const char *name;     // NULL: unknown or removed
    uint32_t block_elems; // elements per block
    uint32_t block_bytes; // bytes per block
} type_traits;

/* The traits of any id; name is NULL for an id that is unknown or removed. */
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
