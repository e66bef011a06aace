/* input.h - standard input, read whole and bounded. */
#ifndef SW_INPUT_H
#define SW_INPUT_H

#include "base/buf.h"
#include "spillway/error.h"

/* Initialises *out and reads everything into it (any bytes); free it with sw_buf_free in any case.  Errors: SW_ELIMIT
 * (more than max bytes), SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code sw_read_stdin(sw_buf *out, size_t max, sw_err *err);

#endif
