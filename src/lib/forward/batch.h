/* batch.h - what one step of a model evaluates. */
#ifndef FORWARD_BATCH_H
#define FORWARD_BATCH_H

#include <stdbool.h>
#include <stdint.h>

/* One token of a batch.  The tokens of one sequence follow each other, at rising positions without a gap. */
typedef struct batch_token {
    int32_t id;
    int32_t pos;
    int32_t seq;
    bool wants_logits;
} batch_token;

#endif
