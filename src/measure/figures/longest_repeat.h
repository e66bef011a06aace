/* longest_repeat.h - the longest piece of a text that comes twice without overlap, as a share of the text. */
#ifndef FIGURES_LONGEST_REPEAT_H
#define FIGURES_LONGEST_REPEAT_H

#include <stddef.h>

#include "spillway/error.h"

/* Longer texts (in code points) are not searched: the search sorts all their ends, and a minute's text has a tenth. */
enum { LONGEST_REPEAT_TEXT_MAX = 262144 };

/* *out is the length of that piece / the length of text[0..n), both in code points (an invalid byte is one); 0 if
 * nothing comes twice, NAN if the text is longer than LONGEST_REPEAT_TEXT_MAX.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code longest_repeat_share(const char *text, size_t n, double *out, sw_err *err);

#endif
