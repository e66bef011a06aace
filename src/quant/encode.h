/* encode.h - float32 rows to quantized blocks, the same as ggml's own encoder gives.
 */
#ifndef SW_ENCODE_H
#define SW_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/types.h"

/* Can this build write tensors of this type? */
bool sw_type_can_encode(sw_type t);
/* "F32, F16, ...", for messages. */
const char *sw_encodable_types(void);

/* Encodes n finite elements (a multiple of the type's block).  The type must be encodable. */
void sw_encode_row(sw_type t, const float *src, size_t n, void *dst);

#endif
