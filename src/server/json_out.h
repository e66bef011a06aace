/* json_out.h - JSON documents on their way out. */
#ifndef SW_SERVER_JSON_OUT_H
#define SW_SERVER_JSON_OUT_H

#include <jansson.h>

#include "base/buf.h"

/* Appends `value` on one line and frees it.  NULL (memory was short while it was built) makes the buffer fail. */
void sw__json_write(sw_buf *out, json_t *value);

/* A number with at most three decimals; what is not finite becomes 0, since JSON has no word for it. */
json_t *sw__json_number(double x);

#endif
