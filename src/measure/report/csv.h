/* csv.h - fields of comma-separated values (RFC 4180). */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdint.h>

#include "base/buf.h"

/* Each appends a comma, unless it is the first field of its line, and the field.  A text is quoted; where a spreadsheet
 * would begin a formula (in front, and after what another reader takes for a separator) it gets an apostrophe. */
void csv_text(buf *out, const char *text);
/* An empty field if the figure does not exist. */
void csv_number(buf *out, double value);
void csv_integer(buf *out, int64_t value);
void csv_end_line(buf *out);

#endif
