/* spark.h - a graph of one line. */
#ifndef CMD_SPARK_H
#define CMD_SPARK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends one character for each value: a block whose height is the value's share of `full`, a blank for NAN.  ASCII
 * has eight characters instead that grow darker.  full <= 0: every value is shown as the lowest. */
void spark_put(buf *out, const double *values, size_t n, double full, bool is_ascii);

/* Returns true if the terminal shows other characters than ASCII, by the environment as locale(7) reads it. */
bool spark_is_utf8_locale(void);

#endif
