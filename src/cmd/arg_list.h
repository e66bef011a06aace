/* arg_list.h - the options of a command as data: what is parsed, and what help, man pages and completions are made
 * from.
 */
#ifndef CMD_ARG_LIST_H
#define CMD_ARG_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef enum arg_type { ARG_FLAG, ARG_INT, ARG_INTS, ARG_DOUBLE, ARG_STRING, ARG_STRINGS } arg_type;

/* Whole numbers separated by commas: "1,2,4". */
enum { ARG_INTS_MAX = 16 };
typedef struct arg_ints {
    long values[ARG_INTS_MAX];
    size_t n;
} arg_ints;

/* Texts of an option that may be given several times, in order. */
enum { ARG_STRINGS_MAX = 64 };
typedef struct arg_strings {
    const char *values[ARG_STRINGS_MAX];
    size_t n;
} arg_strings;

typedef struct arg_row {
    const char *name;  // long name without dashes
    const char *alias; // other spellings with their dashes, separated by spaces, such as "-t" or "-n --n-predict"; NULL
    arg_type type;
    void *value;             // bool *, long *, arg_ints *, double *, const char ** or arg_strings *
    double min, max;         // allowed range of INT, INTS and DOUBLE when min < max
    const char *placeholder; // "N", "FILE", ...; NULL for flags
    const char *help;        // any length: it is wrapped
} arg_row;

/* Whether the first positional argument is a model.  It may then be given as `--model MODEL` too, and options that
 * users of similar programs type are answered (habits.h). */
typedef enum arg_model {
    ARG_NO_MODEL,
    ARG_MODEL_AS_GIVEN, // the command resolves names itself
    ARG_MODEL_BY_NAME,  // a name that `spillway serve` lists becomes the path of its file; --model-dirs says where
} arg_model;

typedef struct arg_list {
    const char *command;
    const char *usage;       // what follows "spillway COMMAND"
    const char *description; // paragraphs, separated by an empty line; wrapped
    const arg_row *rows;
    size_t n_rows;
    size_t min_positional, max_positional;
    arg_model model;
} arg_list;

/* Row i of the list, the rows that args->model adds and those of every command with options included; NULL after the
 * last one. */
const arg_row *arg_list_row(const arg_list *args, size_t i);

/* The index of an option word of n bytes, with its dashes, by its name or another spelling; the number of rows if there
 * is none. */
size_t arg_list_find(const arg_list *args, const char *word, size_t n);

/* The option whose spelling is nearest to `word`, into out[0..size), with its dashes; empty: none is near. */
void arg_list_nearest(const arg_list *args, const char *word, char *out, size_t size);

/* Returns true if the value must not be shown. */
bool arg_row_is_secret(const arg_row *row);

/* Values of the added rows.  One command runs in a process. */
typedef struct arg_added_values {
    const char *model;  // NULL: not given
    const char *dirs;   // NULL: the default folders
    const char *config; // NULL: the user's own file; "": none
    bool print_config;
} arg_added_values;

extern arg_added_values arg_list_added;

#endif
