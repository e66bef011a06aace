/* synth_vocab.c - a byte-level vocabulary that is filled up to the size of the real one. */
#include "convert/synth_vocab.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "token/bpe.h"

enum { N_BYTES = 256, N_MERGES = 64, N_CONTROLS = 4 }; // tokens; all others are fillers

/* The text of one token or merge. */
typedef struct spelling {
    char s[24];
} spelling;

/* Bytes, a few letter pairs with their merges, fillers, and control tokens at the end.  Some loaders look for the first
 * three control tokens by their text. */
bool synth_put_vocabulary(gguf_writer *w, int n)
{
    static const char *const CONTROLS[N_CONTROLS] = {"<unk>", "<s>", "</s>", "<|endoftext|>"};
    str_view *const tokens = mem_calloc((size_t)n, sizeof *tokens);
    int32_t *const types = mem_calloc((size_t)n, sizeof *types);
    spelling *const text = mem_calloc((size_t)n + N_MERGES, sizeof *text);
    str_view merges[N_MERGES];
    const bool ok = tokens != NULL && types != NULL && text != NULL;
    for (int i = 0; ok && i < n; i++) {
        size_t size;
        if (i < N_BYTES)
            size = (size_t)utf8_encode(bpe_byte_to_char((uint8_t)i), text[i].s);
        else if (i < N_BYTES + N_MERGES)
            size = (size_t)snprintf(text[i].s, sizeof text[i].s, "%c%c", 'a' + (i - N_BYTES) % 26,
                                    "aeiou"[(i - N_BYTES) / 26]);
        else
            size = (size_t)snprintf(text[i].s, sizeof text[i].s, "<filler%d>", i);
        tokens[i] = (str_view){text[i].s, size};
        types[i] = 1;
    }
    for (int c = 0; ok && c < N_CONTROLS; c++) {
        const int i = n - N_CONTROLS + c;
        tokens[i] = (str_view){CONTROLS[c], strlen(CONTROLS[c])};
        types[i] = 3;
    }
    for (int m = 0; ok && m < N_MERGES; m++) {
        const size_t size =
            (size_t)snprintf(text[n + m].s, sizeof text[n + m].s, "%c %c", 'a' + m % 26, "aeiou"[m / 26]);
        merges[m] = (str_view){text[n + m].s, size};
    }
    if (ok) {
        gguf_put_str(w, "tokenizer.ggml.model", "gpt2");
        gguf_put_str(w, "tokenizer.ggml.pre", "gpt-2");
        gguf_put_strs(w, "tokenizer.ggml.tokens", tokens, (size_t)n);
        gguf_put_i32s(w, "tokenizer.ggml.token_type", types, (size_t)n);
        gguf_put_strs(w, "tokenizer.ggml.merges", merges, N_MERGES);
        gguf_put_u32(w, "tokenizer.ggml.eos_token_id", (uint32_t)n - 1);
        gguf_put_bool(w, "tokenizer.ggml.add_bos_token", false);
    }
    mem_free(tokens);
    mem_free(types);
    mem_free(text);
    return ok;
}
