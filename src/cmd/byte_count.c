/* byte_count.c - a decimal number and a unit. */
#include "cmd/byte_count.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double BYTES_END = 9007199254740992.0; // 2^53: below it every whole number is exact

/* How many bytes the unit has; 0: there is no such unit. */
static double unit_bytes(const char *unit)
{
    static const char PREFIXES[] = "KMGT";
    if (unit[0] == '\0')
        return 1;
    const char *const prefix = strchr(PREFIXES, toupper((unsigned char)unit[0]));
    const bool is_binary = unit[1] == '\0' || strcasecmp(unit + 1, "iB") == 0;
    if (prefix == NULL || (!is_binary && strcasecmp(unit + 1, "B") != 0))
        return 0;
    double bytes = 1;
    for (const char *p = PREFIXES; p <= prefix; p++)
        bytes *= is_binary ? 1024 : 1000;
    return bytes;
}

bool byte_count_parse(const char *text, uint64_t *out)
{
    char *unit;
    if (strspn(text, "0123456789.") == 0) // no sign, no white space, no "nan" and no hexadecimal numbers
        return false;
    const double number = strtod(text, &unit);
    if (unit != text + strspn(text, "0123456789."))
        return false;
    const double bytes = number * unit_bytes(unit);
    if (!(bytes >= 1) || bytes >= BYTES_END)
        return false;
    *out = (uint64_t)bytes;
    return true;
}
