/* config_file.h - the grammar of configuration files: sections of lines `name = value`, as in INI files.
 *
 * It knows nothing of commands and options; `take` decides what is right.
 */
#ifndef CMD_CONFIG_FILE_H
#define CMD_CONFIG_FILE_H

#include <stddef.h>

#include "spillway/error.h"

/* One line.  Texts are in the text that is read, without blanks around them. */
typedef struct config_setting {
    const char *section;
    const char *name, *value; // both NULL: the line begins the section
    int line;                 // from 1
} config_setting;

typedef struct config_reader {
    const char *path; // for errors
    /* An error ends the reading. */
    sw_code (*take)(void *ud, const config_setting *setting, sw_err *err);
    void *ud;
} config_reader;

/* Reads text[0..n), which is followed by a zero byte and is cut into the texts of settings; they are valid as long as
 * it is.  Errors: SW_EINVAL, names file and line; those of `take`. */
SW_NODISCARD sw_code config_file_read(char *text, size_t n, const config_reader *reader, sw_err *err);

#endif
