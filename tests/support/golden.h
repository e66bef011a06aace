/* golden.h - small models with the logits that an independent engine computed for them (tests/data/golden). */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lm.h"
#include "spillway.h"

enum { GOLDEN_POSITIONS = 80 };

typedef struct golden {
    char name[64];
    char path[512];  // of the model
    float *expected; // (GOLDEN_POSITIONS, n_vocab)
    size_t n_vocab;
    size_t n_prefill; // positions that were evaluated as one batch
    batch_token tokens[GOLDEN_POSITIONS];
    double peer_kl; // quantized models: mean KL(expected || the peer's own quantized run); else 0
} golden;

/* How the independent engine was run. */
extern const sw_engine_options GOLDEN_OPTIONS;

/* Calls `test` for every model of the manifest, in its order; gives their number.  SPILLWAY_GOLDEN names another folder
 * than the one in the source tree. */
size_t golden_for_each(void (*test)(const golden *g, void *ud), void *ud);
/* Calls `test` for the model of that name, or fails. */
void golden_with(const char *name, void (*test)(const golden *g));
/* Logits after every position by the model at `path`: the first n_prefill tokens in chunks of `chunk`, the others one
 * by one.  Fails the test if that does not work.  The result is to be freed with free. */
float *golden_evaluate(const golden *g, const char *path, const sw_engine_options *options, size_t chunk);

/* Fails unless every position is within 2e-4 relative L2 of what is expected and has the same top-1. */
void golden_expect(const golden *g, const float *logits);

/* Mean over the positions of KL(expected || logits), in nats. */
double golden_mean_kl(const golden *g, const float *logits);

#endif
