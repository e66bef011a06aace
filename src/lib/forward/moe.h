/* moe.h - the mixture-of-experts block: route, compute the chosen experts of this backend, join all answers. */
#ifndef FORWARD_MOE_H
#define FORWARD_MOE_H

#include "forward/expert_share.h"
#include "forward/gate.h"

/* Pairs are sorted by expert, so that each expert's weights are read once per batch. */
typedef struct moe_block {
    const compute_env *env;
    gate_room *room;
    float *router_logits; // (n_batch, padded n_expert)
    float *scores;        // (n_expert)
    float *shared_gates;  // (n_batch, 16)
    float *shared_out;    // (n_batch, padded n_embd)
    float *pair_out;      // (pairs, padded n_embd)
    int32_t *slot;        // (n_batch, n_expert_used): the place of a pair after sorting; -1: another backend's
    int32_t *token;       // (pairs): whose pair is at a place
    size_t *first;        // (n_expert + 1): an expert's first place
    product *products;    // (2 n_expert + 3)
    size_t n_products;
    size_t prepared; // 1 + the layer whose normed states the room for codes holds; 0: none
} moe_block;

/* Nothing for models without experts. */
void moe_init(moe_block *m, const compute_env *env, gate_room *room);

/* A step begins: the room for codes no longer holds what the last one left there. */
void moe_begin(moe_block *m);

/* Chooses every token's experts by its `normed` state. */
void moe_route(moe_block *m, const token_batch *b, size_t layer, const expert_choice *choice);

/* Computes a share; gives the number of pairs that it had. */
size_t moe_run(moe_block *m, const token_batch *b, size_t layer, const expert_share *share);

/* Says where the share's answers are; those of others stay as they are in *out. */
void moe_answers(const moe_block *m, const token_batch *b, size_t layer, const expert_share *share,
                 expert_answers *out);

/* Adds all answers to the residual stream: a token's experts in the order they were chosen, times their weights, then
 * the shared experts' answer, scaled by a sigmoid gate where the family has one. */
void moe_join(moe_block *m, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers);

#endif
