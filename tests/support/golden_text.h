/* golden_text.h - texts that must not change unnoticed: files below tests/data/reports, compared byte by byte. */
#ifndef TESTS_GOLDEN_TEXT_H
#define TESTS_GOLDEN_TEXT_H

#include <stddef.h>

/* Fails the test at the first line that differs.  With SPILLWAY_UPDATE_GOLDEN=1 it writes the file in place of
 * comparing it; then look at its difference.  `name` is a path below tests/data/reports. */
void golden_text_assert(const char *name, const char *text, size_t n);

#endif
