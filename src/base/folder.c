/* folder.c - one level after another; only the last failure counts, since a level that is there cannot be made. */
#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

enum { PATH_BYTES_MAX = 65536 };

sw_code folder_make(const char *path, sw_err *err)
{
    buf copy;
    struct stat st;
    int failed = 0;
    if (path[0] == '\0')
        return sw_fail(err, SW_EINVAL, "the folder of the results has no name");
    buf_init(&copy, PATH_BYTES_MAX);
    buf_puts(&copy, path);
    for (size_t i = 1; copy.failed == SW_OK && i <= copy.size; i++) {
        const char c = copy.data[i];
        if (c != '/' && c != '\0')
            continue;
        copy.data[i] = '\0';
        failed = mkdir(copy.data, 0777) == 0 ? 0 : errno;
        copy.data[i] = c;
    }
    if (failed == EEXIST)
        failed = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    const sw_code code = copy.failed;
    buf_free(&copy);
    if (code != SW_OK)
        return sw_fail(err, code, "the name of a folder is too long");
    return failed == 0 ? SW_OK : sw_fail(err, SW_EIO, "cannot create the folder %s: %s", path, strerror(failed));
}

sw_code folder_put(const char *folder, const char *name, const buf *content, sw_err *err)
{
    sw_code code =
        content->failed != SW_OK ? sw_fail(err, content->failed, "%s is too large", name) : folder_make(folder, err);
    if (code != SW_OK)
        return code;
    buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_printf(&path, "%s/%s", folder, name);
    code = path.failed == SW_OK ? file_put(buf_str(&path), buf_str(content), content->size, err)
                                : sw_fail(err, path.failed, "the name of %s is too long", name);
    buf_free(&path);
    return code;
}
