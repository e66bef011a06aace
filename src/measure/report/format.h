/* format.h - figures as text, defined once for the terminal, Markdown and HTML.
 *
 * A figure that does not exist is "-", never a zero.  Everything a format function writes is plain ASCII without
 * markup; names and texts from outside are escaped by the renderers.
 */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include "base/buf.h"
#include "figures/stats.h"
#include "results/record.h"

enum { CELL_BYTES = 48 };

/* Three significant digits or so: "0.012", "3.45", "67.8", "912", or "-". */
void format_number(char out[CELL_BYTES], double value);
/* With the unit after a space; "" for none. */
void format_unit(char out[CELL_BYTES], double value, const char *unit);
/* "812.4 MiB", "12.1 GiB"; "-" for NAN. */
void format_bytes(char out[CELL_BYTES], double bytes);
/* "20.9B", "3.61M", "812"; "-" for 0 and NAN. */
void format_count(char out[CELL_BYTES], double count);
/* Of a share from 0 to 1: "84.1". */
void format_percent(char out[CELL_BYTES], double share);
/* A whole number that may be unknown (negative): "-". */
void format_integer(char out[CELL_BYTES], int64_t value);
/* "1.20 to 3.40"; "" when there is none. */
void format_range(char out[CELL_BYTES], double low, double high);
/* By the unit of a table of figures: bytes as sizes, "B/s" as GB/s, milliseconds of a second and more as seconds. */
void format_by_unit(char out[CELL_BYTES], double value, const char *unit);
/* "2026-11-22 01:15:44 UTC"; "-" for 0. */
void format_time(char out[CELL_BYTES], int64_t unix_ms);
/* The status as a table shows it: "ok" for completed. */
const char *format_status(test_status status);
/* The model's name for headings and tables: of a path (some servers are called by it) the file name. */
const char *format_model(const char *name); // subject_analysis has labels, which are unique
/* Appends the test's name, unescaped, what is varied, and the number of the repetition if it is not the first. */
void format_name(buf *out, const test_record *test);

#endif
