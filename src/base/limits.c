#include "base/limits.h"

#include "spillway.h"

const sw_limit *sw_limits(size_t *n_out)
{
#define SW_LIMIT_ROW(name, value, unit, why) {#name, (value), unit, why},
    static const sw_limit ROWS[] = {SW_LIMIT_TABLE(SW_LIMIT_ROW)};
#undef SW_LIMIT_ROW
    *n_out = sizeof ROWS / sizeof ROWS[0];
    return ROWS;
}
