/* folder_names.h - the names in a folder, sorted, so that what is found does not depend on the file system. */
#ifndef SERVING_FOLDER_NAMES_H
#define SERVING_FOLDER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "spillway/error.h"

typedef struct folder_name {
    char *text;
    bool may_be_folder; // false: it is something else
} folder_name;

typedef struct folder_names {
    folder_name *names;
    size_t n, cap;
} folder_names;

/* Names that may still be looked at, in all folders of a walk. */
typedef struct folder_budget {
    size_t n_left;
    bool is_cut; // there were more
} folder_budget;

/* Reads the names that are UTF-8 and do not begin with a dot, as far as the budget goes.  A folder that cannot be read
 * has no names.  Free it in any case.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code folder_names_read(folder_names *out, const char *folder, folder_budget *budget, sw_err *err);

void folder_names_free(folder_names *f);

#endif
