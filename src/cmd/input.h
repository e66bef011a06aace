/* input.h - standard input, read whole and bounded. */
#ifndef SW_INPUT_H
#define SW_INPUT_H

#include "base/buf.h"
#include "spillway/error.h"

/* Appends everything (any bytes) to *out.  Errors: SW_ELIMIT (more than out->max bytes), SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code sw_read_stdin(sw_buf *out, sw_err *err);

#endif
