/* attend.h - the softmax attention of a batch over its cached pages. */
#ifndef FORWARD_ATTEND_H
#define FORWARD_ATTEND_H

#include "forward/compute.h"

/* Neighbouring tokens of a batch that belong to one sequence. */
typedef struct token_block {
    size_t first, n;
} token_block;

/* Scratch of the softmax attention.  A row is a query's; a part has ATTEND_QUERIES of them. */
typedef struct attend_pass {
    const compute_env *env;
    token_block *blocks; // (n_batch)
    size_t n_blocks;
    size_t n_parts, n_value;
    running_softmax *state; // (n_parts, ATTEND_QUERIES): of one span
    running_softmax *total; // (n_parts, ATTEND_QUERIES): of all spans so far
    float *out;             // (n_parts, ATTEND_QUERIES, n_value)
} attend_pass;

/* Queries and answers of all tokens of a batch, and how far apart tokens and heads are. */
typedef struct head_layout {
    const float *q; // of a key's size
    size_t q_token, q_head;
    float *out; // of a value's size
    size_t out_token, out_head;
    const float *sinks;  // (n_head) or NULL
    size_t n_head, n_kv; // query heads, and cached heads that they share
} head_layout;

void attend_init(attend_pass *a, const compute_env *env);

/* Cuts a batch into blocks, once for all of its layers. */
void attend_blocks(attend_pass *a, const token_batch *b);

/* Attention of every query over its visible positions, of which the batch's own are stored already. */
void attend_run(attend_pass *a, const token_batch *b, size_t layer, const head_layout *heads);

#endif
