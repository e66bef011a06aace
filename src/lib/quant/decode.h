/* decode.h - rows of tensors, as they are in files, to float32: bit-exact.  Layouts: block_layout.h. */
#ifndef QUANT_DECODE_H
#define QUANT_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/types.h"

/* Returns true if this build computes with tensors of this type. */
bool decode_supports(tensor_type t);

/* "F32, F16, ...": the names of the supported types, for error messages. */
const char *decode_types(void);

/* Decodes n elements (a multiple of the type's block) from `src` (no alignment needed) to dst.  The type must be
 * supported. */
void decode_row(tensor_type t, const void *src, size_t n, float *dst);

#endif
