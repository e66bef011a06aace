/* run_open.c - a shared file is told from a store by its first character. */
#include "cmd/run_open.h"

#include "share/share.h"

sw_code run_open(result_store **out, const run_name *name, bool read_only, sw_err *err)
{
    *out = NULL;
    if (share_is_file(name->store))
        return sw_fail(err, SW_EINVAL,
                       "%.200s is no store but a file such as --share writes, without answers; `spillway compare` and "
                       "`spillway trend` read those",
                       name->store);
    return store_open(out, name->store, read_only, err);
}
