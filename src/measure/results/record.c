/* record.c - the names of statuses and text forms, as they are stored and reported. */
#include "results/record.h"

#include <string.h>

#define STATUS_NAME(name, text) text,
static const char *const STATUS_NAMES[] = {TEST_STATUS_TABLE(STATUS_NAME)};
#undef STATUS_NAME

const char *test_status_name(test_status status)
{
    return STATUS_NAMES[status];
}

// A store of a newer spillway may have a status that this one does not know; it is not a success.
test_status test_status_from_name(const char *name)
{
    for (int s = 0; s < N_TEST_STATUS; s++) {
        if (strcmp(name, STATUS_NAMES[s]) == 0)
            return (test_status)s;
    }
    return TEST_INCOMPLETE;
}

const char *text_form_name(text_form form)
{
    static const char *const NAMES[] = {"prose", "code", "list"};
    return NAMES[form];
}

int text_form_from_name(const char *name)
{
    for (int f = FORM_PROSE; f <= FORM_LIST; f++) {
        if (strcmp(name, text_form_name((text_form)f)) == 0)
            return f;
    }
    return -1;
}
