/* attention.h - grouped-query attention: project, rotate, store, attend, project back. */
#ifndef FORWARD_ATTENTION_H
#define FORWARD_ATTENTION_H

#include "forward/angles.h"
#include "forward/attend.h"
#include "forward/heads.h"

typedef struct attention_block {
    const compute_env *env;
    const token_angles *angles;
    const head_rooms *rooms;
    attend_pass *pass;
} attention_block;

/* b->out becomes the attention of every token's `normed` state, whose keys and values are stored. */
void attention_run(const attention_block *a, token_batch *b, size_t layer);

#endif
