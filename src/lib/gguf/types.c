/* types.c - looks up the table of tensor types by id: an id comes from a file and may be anything. */
#include "gguf/types.h"

static const type_traits TRAITS[TYPE_N] = {
#define TRAITS_ROW(name, id, elems, bytes) [id] = {#name, elems, bytes},
    TYPE_TABLE(TRAITS_ROW)
#undef TRAITS_ROW
};

const type_traits *type_get(uint32_t id)
{
    static const type_traits NONE = {0};
    return id < TYPE_N ? &TRAITS[id] : &NONE;
}

tensor_type type_fitting(tensor_type t, uint64_t n)
{
    if (n % type_get((uint32_t)t)->block_elems == 0)
        return t;
    if (n % 32 != 0)
        return TYPE_F16;
    return t == TYPE_Q4_K ? TYPE_Q5_0 : TYPE_Q8_0;
}
