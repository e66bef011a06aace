/* names.h - names of persons in a text, by their capital letters within sentences. */
#ifndef QUALITY_NAMES_H
#define QUALITY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Returns true if a name begins at text[at]: a capital letter within a sentence, or after a title such as "Dr.". */
bool name_is_at(const char *text, size_t at);

/* The letters and digits at `text`. */
size_t name_length(const char *text);

#endif
