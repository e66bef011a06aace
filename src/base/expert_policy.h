/* expert_policy.h - which experts of a model a cache holds: the rule, without the bytes.
 *
 * Every layer has room for `capacity` experts.  Each expert has a count of its uses, which halves every half_life
 * tokens.  After a token the experts that it used and that are not held may be uploaded: each replaces the expert with
 * the lowest count of its layer, if its own count is higher by more than `margin`.  Of these the ones that gain most
 * are uploaded, at most uploads_max for all layers together, so that copying never delays a token.  The margin keeps
 * two experts that are used alike from replacing each other.
 *
 * The rule is the same in the simulation (`spillway experts simulate`) and in a cache that holds weights.  It depends
 * on the choices alone, never on time: the same tokens lead to the same cache.
 */
#ifndef BASE_EXPERT_POLICY_H
#define BASE_EXPERT_POLICY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct expert_policy_options {
    int n_layers, n_experts; // of a layer
    int capacity;            // experts that each layer's cache holds, 0 .. n_experts
    double half_life;        // tokens after which a use counts half, above 0
    double margin;           // uses by which a newcomer must be ahead, 0 or more
    int uploads_max;         // after one token, at least 1
} expert_policy_options;

/* The parameters of the cache. */
#define EXPERT_POLICY_HALF_LIFE   256.0
#define EXPERT_POLICY_MARGIN      1.0
#define EXPERT_POLICY_UPLOADS_MAX 4

typedef struct expert_policy expert_policy;

/* An expert that comes in, and the one that makes room; -1: the room was free. */
typedef struct expert_move {
    int layer, in, out;
} expert_move;

/* The cache is empty at first.  NULL when memory is short. */
expert_policy *expert_policy_create(const expert_policy_options *options);
/* NULL is accepted. */
void expert_policy_free(expert_policy *policy);

/* Holds an expert from the beginning, if its layer has room. */
void expert_policy_put(expert_policy *policy, int layer, int expert);
bool expert_policy_holds(const expert_policy *policy, int layer, int expert);

/* The router of a layer chose these n experts for the token under way. */
void expert_policy_use(expert_policy *policy, int layer, const int *experts, size_t n);
/* Another token is under way with those before: time passes, and what all of them used may be uploaded. */
void expert_policy_add_token(expert_policy *policy);
/* Ends the token, or all that are under way.  Writes what is to be uploaded to moves[0..uploads_max), what gains most
 * first, and returns how many they are; from now on these count as held.  moves NULL: nothing is uploaded. */
size_t expert_policy_end_token(expert_policy *policy, expert_move *moves);

#endif
