/* size_text.c - the unit is chosen after rounding: 999,999 bytes are 1.00 MB, not 1000 kB. */
#include "base/size_text.h"

#include <stdio.h>

size_text size_text_of(uint64_t bytes)
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_text out;
    double n = (double)bytes;
    int unit = 0;
    for (; n >= 999.5; n /= 1000)
        unit++;
    const int n_decimals = unit == 0 || n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2;
    snprintf(out.text, sizeof out.text, "%.*f %s", n_decimals, n, UNITS[unit]);
    return out;
}
