/* check_list.c - reads and tries the checks of a test. */
#include "quality/check_list.h"

struct check_list {
    size_t n;
};

bool check_list_read(json_reader *r, const json_place *at, const json_t *value, const check_list **out)
{
    *out = NULL;
    return json_is_array(value) ? true : json_fail_type(r, at, "a list of checks");
}

size_t check_list_size(const check_list *list)
{
    return list != NULL ? list->n : 0;
}

sw_code check_list_try(const check_list *list, const answer_record *answer, const check_options *options, arena *keep,
                       check_record **out, sw_err *err)
{
    (void)list, (void)answer, (void)options, (void)keep, (void)err;
    *out = NULL;
    return SW_OK;
}
