/* json_fields.h - one strict reader for JSON objects from outside.
 *
 * Requests, benchmark protocols and stored options are read in the same way: the text is loaded with bounded size and
 * nesting, and then the members of an object are checked and stored by the rows of a table.  The first error is kept
 * in a json_fault: its kind, the path of the member (`messages[1].content`) and a sentence.  The caller decides what
 * the error means to a client or a user; this room knows neither HTTP nor protocols.
 */
#ifndef JSON_JSON_FIELDS_H
#define JSON_JSON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "spillway/error.h"

/* ---- errors ----------------------------------------------------------------------------------------------------- */

typedef enum json_fault_kind {
    JSON_FAULT_NONE = 0,
    JSON_FAULT_SYNTAX,            // not JSON: grammar, a repeated member where that is refused, text that is not UTF-8
    JSON_FAULT_DEPTH,             // nested deeper than LIMIT_JSON_DEPTH
    JSON_FAULT_SIZE,              // more bytes or elements than a named limit allows
    JSON_FAULT_TYPE,              // the value has the wrong type
    JSON_FAULT_RANGE,             // the right type, but a value that is not allowed
    JSON_FAULT_MISSING,           // a required member is absent
    JSON_FAULT_UNKNOWN,           // a member that no row names
    JSON_FAULT_UNSUPPORTED,       // a member that is known, but not supported
    JSON_FAULT_UNSUPPORTED_VALUE, // a supported member with a value that is known, but not supported
    JSON_FAULT_MEMORY,
} json_fault_kind;

typedef struct json_fault {
    json_fault_kind kind;
    char path[96];     // of the member; "" is the document itself
    char message[384]; // names the member, what it must be, and where known what it was
} json_fault;

/* Where a value is in its document: a chain from the value up to the document, which is NULL.  Paths are written only
 * when there is an error. */
typedef struct json_place {
    const struct json_place *up;
    const char *name; // the member of `up`; NULL: element `i` of it
    size_t i;
} json_place;

typedef struct json_reader {
    const char *document; // what a sentence calls the whole text: "the body", "a protocol"
    arena *keep;          // texts are copied to it; NULL: they point into the document
    json_fault fault;     // the first error
} json_reader;

/* Sets the fault unless there is one, and returns false.  `at` NULL is the document itself. */
bool json_fail(json_reader *r, const json_place *at, json_fault_kind kind, const char *format, ...) SW_PRINTF(4, 5);
/* The usual sentence: "<path> must be <wanted>". */
bool json_fail_type(json_reader *r, const json_place *at, const char *wanted);
bool json_fail_missing(json_reader *r, const json_place *at);
bool json_fail_memory(json_reader *r);

/* Writes "messages[1].content"; a path that does not fit is cut. */
void json_place_write(const json_place *at, char *out, size_t size);

/* ---- the document ----------------------------------------------------------------------------------------------- */

typedef struct json_load_options {
    size_t bytes_max;
    bool refuse_repeated; // a member that comes twice is an error; otherwise the last one counts
    bool replace_nul;     // U+0000 in a string becomes U+FFFD; otherwise it is an error, as it always is in a name
} json_load_options;

/* Parses text[0..n), which must be an object or an array and valid UTF-8.  No string of the result holds U+0000.
 * Returns a new reference, or NULL with the fault set.  An allocation that fails in jansson is always
 * JSON_FAULT_MEMORY, never bad syntax. */
json_t *json_load_text(json_reader *r, const char *text, size_t n, const json_load_options *options);

/* ---- members ---------------------------------------------------------------------------------------------------- */

typedef enum json_field_type {
    FIELD_BOOL,   // bool
    FIELD_INT,    // int; min .. max
    FIELD_INT64,  // int64_t; min .. max
    FIELD_FLOAT,  // float; min .. max, compared after rounding to float
    FIELD_DOUBLE, // double; min .. max
    FIELD_TEXT,   // const char *; min .. max bytes, max 0: no limit
    FIELD_CHOICE, // int: the value of one of `choices`
    FIELD_CUSTOM, // `take` does everything
} json_field_type;

typedef struct json_choice {
    const char *name;
    int value;
} json_choice;

typedef struct json_field json_field;

/* Checks `value`, which is at `at`, and stores it in *target.  Returns false after json_fail. */
typedef bool (*json_take_fn)(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target);

struct json_field {
    const char *name;
    json_field_type type;
    size_t offset; // of the variable in the target
    double min, max;
    bool is_above_min; // numbers: min itself is not allowed
    bool is_required;
    const json_choice *choices; // FIELD_CHOICE: ends with a row whose name is NULL
    json_take_fn take;          // FIELD_CUSTOM
};

typedef struct json_table {
    const json_field *fields; // (n), read in this order
    size_t n;
    bool null_is_absent; // otherwise null is a value of the wrong type
    bool refuse_unknown; // a member without a row is an error
} json_table;

/* Reads the members of `object` into *target; what is absent leaves its variable as it was.  Returns false with the
 * fault set. */
bool json_read_object(json_reader *r, const json_place *at, const json_t *object, const json_table *table,
                      void *target);

/* Returns true if a row has this name. */
bool json_table_has(const json_table *table, const char *name);

/* One value by one row, as json_read_object does for each; for arrays and for members that a `take` reads itself. */
bool json_read_value(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

/* Returns true if x is in the range of f; otherwise sets the fault. */
bool json_check_range(json_reader *r, const json_field *f, const json_place *at, double x);

#endif
