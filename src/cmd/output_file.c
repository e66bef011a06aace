/* output_file.c - looks before a long computation begins, not when its result is complete. */
#include "cmd/output_file.h"

#include <stddef.h>
#include <sys/stat.h>

/* Returns true if both names lead to one file, through links of either kind. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

sw_code output_file_check(const char *path, const char *source, bool force, sw_err *err)
{
    struct stat st;
    if (source != NULL && is_same_file(path, source))
        return sw_fail(err, SW_EINVAL, "%s and %s are the same file; choose another name for the output", source, path);
    // A device or a folder is never replaced: opening it reports that.
    if (force || lstat(path, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
        return SW_OK;
    return sw_fail(err, SW_EINVAL, "%s exists and is not replaced; choose another name, or add --force", path);
}
