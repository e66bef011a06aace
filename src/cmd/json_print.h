/* json_print.h - a JSON document on standard output, which may be a terminal. */
#ifndef CMD_JSON_PRINT_H
#define CMD_JSON_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Prints the document with jansson's flags, and a line break; characters that steer a terminal are escaped.  False if
 * memory is short (also if `root` is NULL) or standard output cannot be written. */
bool json_print(const json_t *root, size_t flags);

#endif
