/* json_out.h - JSON documents on their way out. */
#ifndef SERVER_JSON_OUT_H
#define SERVER_JSON_OUT_H

#include <jansson.h>

#include "base/buf.h"

/* Appends `value` on one line and frees it.  NULL (memory was short while it was built) makes the buffer fail. */
void json_write(buf *out, json_t *value);

/* A number with at most three decimals; what is not finite becomes 0, since JSON has no word for it. */
json_t *json_number(double x);

#endif
