/* planner.h - how a tensor becomes items of the plan: it is found by its name, its shape and type are checked, and it
 * gets a place in the block of its tier.
 *
 * The first error sticks and names the tensor; after it every call does nothing, so that weights_plan checks once.
 */
#ifndef MODEL_PLANNER_H
#define MODEL_PLANNER_H

#include "model/weights_item.h"

typedef struct planner {
    const gguf_file *g;
    const hparams *h;
    model_weights *w;
    sw_tensor_class cls; // of what is planned now: with the layer it decides the tier
    bool is_global;      // it belongs to no layer
    size_t layer;
    char name[64]; // of the tensor that was looked for last
    sw_code code;
    sw_err *err;
} planner;

/* Tensor "base.suffix", of the layer or global; NULL: the file has none. */
const gguf_tensor *planner_find(planner *p, const char *base, const char *suffix);
/* Fails unless the tensor found last has this shape, in the file's order, and a type that can be decoded. */
void planner_expect(planner *p, const gguf_tensor *t, size_t ne0, size_t ne1, size_t ne2);

/* Fails with "file: tensor 'the one looked for last' what", unless something failed before. */
void planner_fail(planner *p, sw_code code, const char *fmt, ...) SW_PRINTF(3, 4);
/* Fails because the tensor looked for last is missing. */
void planner_fail_missing(planner *p);
/* Fails unless every tensor of the file that could matter is planned.  `name` becomes that of the first other one. */
void planner_expect_all_used(planner *p);

/* n floats under a name; *target stays NULL where an optional tensor is missing. */
void planner_vector(planner *p, float **target, const char *base, const char *suffix, size_t n, bool is_required);
/* A norm of the residual stream: weight, and bias if there is one, which some families need. */
void planner_norm(planner *p, norm_weights *norm, const char *base);

/* Where a stack's matrices are in a tensor: rows [row, row + n_rows), and again every rows_apart rows.  Turned: the
 * tensor holds the columns of the matrices, n_cols rows each.  A type's blocks run along the wrong side then, so the
 * matrices are kept as float32. */
typedef struct stack_rows {
    size_t row, n_rows, n_cols, n_stacked, rows_apart;
    bool is_turned;
} stack_rows;

/* A stack whose matrices lie in one tier is one item; otherwise each of them is one. */
void planner_stack(planner *p, mat *m, const gguf_tensor *t, const stack_rows *s);
/* Rows [row, row + n_rows) of every matrix of a tensor. */
void planner_rows(planner *p, mat *m, const gguf_tensor *t, size_t row, size_t n_rows);
/* The biases of a stack that is planned already, from element `offset` of the tensor's rows on; t NULL: none. */
void planner_bias(planner *p, mat *m, const gguf_tensor *t, size_t offset, size_t n_stacked);

/* Switches rows off whose (n_rows) `is_off` is set: their biases become minus infinity.  The matrix was planned last;
 * it gets biases if it has none. */
void planner_switch_off(planner *p, mat *m, const uint8_t *is_off);

/* n_stacked matrices (n_rows, n_cols). */
typedef struct mat_shape {
    size_t n_rows, n_cols, n_stacked;
} mat_shape;

/* What of a matrix must be there. */
enum { MAT_OPTIONAL = 0, MAT_WEIGHT = 1, MAT_BIAS = 2 };

/* Matrices under their usual name, with their biases if there are any. */
void planner_mats(planner *p, mat *m, const char *base, mat_shape shape, unsigned needs);
/* Matrices that are a tensor each, "base.0", "base.1", ...: how the first files with experts were written. */
void planner_mats_apart(planner *p, mat *m, const char *base, mat_shape shape);
/* One matrix that must be there. */
void planner_mat(planner *p, mat *m, const char *base, size_t n_rows, size_t n_cols);

#endif
