/* encode.h - float32 rows to blocks of a file: the same bytes as ggml's own encoder gives. */
#ifndef QUANT_ENCODE_H
#define QUANT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/types.h"

/* Returns true if this build writes tensors of this type. */
bool encode_supports(tensor_type t);
/* "F32, F16, ...": the names of those types, for messages. */
const char *encode_types(void);

/* Encodes n finite elements (a multiple of the type's block).  The type must be encodable. */
void encode_row(tensor_type t, const float *src, size_t n, void *dst);

#endif
