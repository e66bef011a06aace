#include "results/record.h"

#include <string.h>

#define STATUS_NAME(name, text) text,
static const char *const STATUS_NAMES[] = {SW_TEST_STATUS_TABLE(STATUS_NAME)};
#undef STATUS_NAME

const char *sw_test_status_name(sw_test_status status)
{
    return STATUS_NAMES[status];
}

sw_test_status sw_test_status_from_name(const char *name)
{
    for (int s = 0; s < SW_N_TEST_STATUS; s++) {
        if (strcmp(name, STATUS_NAMES[s]) == 0)
            return (sw_test_status)s;
    }
    return SW_TEST_INCOMPLETE;
}
