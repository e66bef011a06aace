/* input.h - standard input, read whole and bounded. */
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

#include "base/buf.h"
#include "spillway/error.h"

/* Appends everything (any bytes) to *out.  Errors: SW_ELIMIT (more than out->max bytes), SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code input_read_stdin(buf *out, sw_err *err);

#endif
