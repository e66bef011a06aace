/* folder.h - folders that results are written into. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/buf.h"
#include "spillway/error.h"

/* Makes the folder, and those above it; what is there already stays.  Errors: SW_EIO (names the folder), SW_EINVAL (it
 * has no name), SW_ENOMEM. */
SW_NODISCARD sw_code folder_make(const char *path, sw_err *err);

/* Writes the content to the file `name` of the folder, which is made if it is not there: whole or not at all.  Errors:
 * those of folder_make and file_put, and what the buffer failed with. */
SW_NODISCARD sw_code folder_put(const char *folder, const char *name, const buf *content, sw_err *err);

#endif
