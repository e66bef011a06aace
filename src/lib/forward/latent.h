/* latent.h - multi-head latent attention (DeepSeek-V2 and V3), in its absorbed form.
 *
 * What is cached per position is one latent vector (after its norm) and one rotated key part, shared by all heads.  A
 * head's query is turned into the latent space (k_b), attention gathers latent vectors, and v_b turns what was gathered
 * into the head's answer (DeepSeek-AI 2024, arXiv 2405.04434, section 2.1).
 */
#ifndef FORWARD_LATENT_H
#define FORWARD_LATENT_H

#include "forward/angles.h"
#include "forward/attend.h"
#include "forward/heads.h"
#include "forward/product.h"

typedef struct latent_block {
    const compute_env *env;
    const token_angles *angles;
    const head_rooms *rooms;
    attend_pass *pass;
    float *q_a;        // (n_batch, padded n_latent_q)
    float *q_plain;    // (n_head, n, nope): the part of the queries that is not rotated, head by head
    float *q_latent;   // (n, n_head, n_latent + n_rot)
    float *z;          // (n_head, n, n_latent): what attention gathered
    float *answer;     // (n_head, n, padded head_v)
    product *products; // (n_head)
} latent_block;

/* env, angles, rooms and pass are set; takes the rest from the scratch.  Nothing for models with other attention. */
void latent_init(latent_block *a);

/* b->out becomes the attention of every token's `normed` state, whose latent vectors are stored. */
void latent_run(const latent_block *a, token_batch *b, size_t layer);

#endif
