/* list_program.h - small functions of a list of whole numbers: run here, said in English, written in Python.
 *
 * Problems with code are made of these, so the right result of every case is computed and not written down.  Internal
 * to this room.
 */
#ifndef PROBLEMS_LIST_PROGRAM_H
#define PROBLEMS_LIST_PROGRAM_H

#include "base/buf.h"
#include "problems/problem_draw.h"

enum { LIST_VALUES_MAX = 80, LIST_OPS_MAX = 6 };

/* What a step does with every number, with the list, or (the last kinds) with the list to make one number of it. */
typedef enum list_op_kind {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_CAP,
    OP_FLOOR,
    OP_KEEP_DIVISIBLE,
    OP_KEEP_OTHER,
    OP_KEEP_ABOVE,
    OP_KEEP_AT_LEAST,
    OP_KEEP_BELOW,
    OP_KEEP_AT_MOST,
    OP_FIRST,
    OP_LAST,
    OP_WITHOUT_FIRST,
    OP_EVERY,
    OP_REVERSE,
    OP_SORT,
    OP_SORT_DOWN,
    OP_UNIQUE,
    OP_RUNNING,
    OP_DIFFERENCES,
    OP_SUM,
    OP_COUNT,
    OP_LARGEST,
    OP_SMALLEST,
    N_LIST_OPS
} list_op_kind;

typedef struct list_op {
    list_op_kind kind;
    int k; // the number in it, if it has one
} list_op;

typedef struct list_program {
    list_op ops[LIST_OPS_MAX];
    int n;
} list_program;

typedef struct list_values {
    int64_t v[LIST_VALUES_MAX];
    int n;
} list_values;

/* Applies all steps in place.  A program that ends in one number leaves a list of one. */
void list_program_run(const list_program *p, list_values *values);
bool list_program_is_number(const list_program *p);
/* Appends the text with k for every #. */
void list_put_with_number(buf *out, const char *text, int k);
/* Appends "1. keep only the numbers that are greater than 5.", a line for each step, "return the list." if that is its
 * end. */
void list_program_say(const list_program *p, buf *out);
/* Appends the Python function `name`. */
void list_program_write(const list_program *p, const char *name, buf *out);
/* Appends a value of the program's kind as JSON: a list, or a number. */
void list_values_put(const list_values *values, bool is_number, buf *out);

/* Draws a step that leaves a list; its number is 2 to 9. */
list_op list_op_draw(problem_draw *d);
/* Changes one step as bugs do: a wrong sign, a wrong bound, a forgotten step. */
void list_program_break(list_program *p, problem_draw *d);

#endif
