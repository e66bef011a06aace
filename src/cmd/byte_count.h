/* byte_count.h - sizes of memory as people type them. */
#ifndef CMD_BYTE_COUNT_H
#define CMD_BYTE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number above 0, whole or with a fraction, and a unit: none for bytes; K, M, G or T (or KiB, MiB, ...) for
 * powers of 1024; kB, MB, GB or TB for powers of 1000.  Upper and lower case are equal.  Returns false if `text` is
 * something else, or 2^53 bytes and more. */
bool byte_count_parse(const char *text, uint64_t *out);

#endif
