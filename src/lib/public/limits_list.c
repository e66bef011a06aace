/* limits_list.c - the table of base/limits.h as the public rows of sw_limits. */
#include "base/limits.h"

#include "spillway.h"

const sw_limit *sw_limits(size_t *n_out)
{
#define LIMIT_ROW(name, value, unit, why) {#name, (value), unit, why},
    static const sw_limit ROWS[] = {LIMIT_TABLE(LIMIT_ROW)};
#undef LIMIT_ROW
    *n_out = sizeof ROWS / sizeof ROWS[0];
    return ROWS;
}
