/* share_fields.h - how the members of a shared file are read, for both halves of its reader. */
#ifndef SHARE_SHARE_FIELDS_H
#define SHARE_SHARE_FIELDS_H

#include "share/share.h"
#include "json/json_fields.h"

enum { SHARE_MODELS_MAX = 64, SHARE_TEXT_BYTES_MAX = 1024, SHARE_VALUES_MAX = 100000, SHARE_N_MAX = 2147483647 };
#define SHARE_NUMBER_MAX 1e17

#define TEXT(owner, member, name_)                                                                                     \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_TEXT, .offset = offsetof(owner, member), .max = SHARE_TEXT_BYTES_MAX,           \
        .is_required = true                                                                                            \
    }
#define COUNT(owner, member, name_)                                                                                    \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_INT, .offset = offsetof(owner, member), .max = SHARE_N_MAX, .is_required = true \
    }
#define BYTES(owner, member, name_)                                                                                    \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_INT64, .offset = offsetof(owner, member), .max = SHARE_NUMBER_MAX,              \
        .is_required = true                                                                                            \
    }
#define TAKE(owner, member, name_, take_)                                                                              \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_CUSTOM, .offset = offsetof(owner, member), .is_required = true, .take = (take_) \
    }
#define TABLE(fields)                                                                                                  \
    {                                                                                                                  \
        (fields), sizeof(fields) / sizeof *(fields), .refuse_unknown = true                                            \
    }

/* Returns true if it is an array of min to max elements; else sets the fault. */
bool share_is_list(json_reader *r, const json_place *at, const json_t *value, size_t min, size_t max);
/* Appends the tests of all modes of a model to the file, and fills in its software.  Returns false with the fault set.
 */
bool share_read_modes(json_reader *r, const json_place *at, const json_t *value, share_file *file, int position,
                      share_model *model);

#endif
