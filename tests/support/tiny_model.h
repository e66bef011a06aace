/* tiny_model.h - complete models of two layers and 32 kB, one per architecture, with random weights that never change.
 */
#ifndef TEST_TINY_MODEL_H
#define TEST_TINY_MODEL_H

#include "support/gguf_builder.h"

typedef enum tiny_arch { TINY_GPT_OSS, TINY_PHIMOE, TINY_DEEPSEEK, TINY_N_ARCHS } tiny_arch;

enum {
    TINY_VOCAB = 40,
    TINY_EMBD = 32,
    TINY_LAYERS = 2,
    TINY_HEADS = 4,
    TINY_HEADS_KV = 2,
    TINY_HEAD = 8,
    TINY_EXPERTS = 4,
    TINY_USED = 2,
    TINY_FF = 16,
    TINY_CTX = 128,
    TINY_NO_TOKEN = -1,
};

const char *tiny_name(tiny_arch arch);

/* Fills an empty builder.  inf_token: the row of the embedding that begins with infinity, or TINY_NO_TOKEN. */
void tiny_build(gguf_builder *b, tiny_arch arch, int inf_token);
void tiny_write(const char *path, tiny_arch arch, int inf_token);

/* The same with other dimensions; n_ctx_original: what LongRoPE compares a length with (phimoe only), 0: n_ctx. */
typedef struct tiny_options {
    tiny_arch arch;
    int n_layers, n_ctx, n_ctx_original;
} tiny_options;

void tiny_write_as(const char *path, const tiny_options *options);

#endif
