/* standard_input.h - standard input, read whole up to a limit. */
#ifndef CMD_STANDARD_INPUT_H
#define CMD_STANDARD_INPUT_H

#include "base/buf.h"
#include "spillway/error.h"

/* Appends all of standard input, any bytes, to *out.  Errors: SW_ELIMIT (more than out->max bytes), SW_EIO, SW_ENOMEM.
 */
SW_NODISCARD sw_code standard_input_read(buf *out, sw_err *err);

#endif
