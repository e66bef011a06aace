#include "convert/synth_vocab.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { N_BYTES = 256, N_MERGES = 64, N_CONTROLS = 4 };

/* The spelling of byte b in byte-level vocabularies: itself where it prints, else a code
 * point from U+0100 on. */
static size_t spell_byte(int b, int *n_shifted, char out[4])
{
    const bool is_itself = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    const unsigned cp = is_itself ? (unsigned)b : 0x100u + (unsigned)(*n_shifted)++;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    out[0] = (char)(0xc0 | cp >> 6);
    out[1] = (char)(0x80 | (cp & 0x3f));
    return 2;
}

typedef struct spelling {
    char s[24];
} spelling;

/* Bytes, a few letter pairs with their merges, fillers, and control tokens at the end; some loaders look for the first
 * three by their text. */
bool synth_put_vocabulary(gguf_writer *w, int n)
{
    static const char *const CONTROLS[N_CONTROLS] = {"<unk>", "<s>", "</s>", "<|endoftext|>"};
    str_view *const tokens = mem_calloc((size_t)n, sizeof *tokens);
    int32_t *const types = mem_calloc((size_t)n, sizeof *types);
    spelling *const text = mem_calloc((size_t)n + N_MERGES, sizeof *text);
    str_view merges[N_MERGES];
    const bool ok = tokens != NULL && types != NULL && text != NULL;
    for (int i = 0, n_shifted = 0; ok && i < n; i++) {
        size_t size;
        if (i < N_BYTES)
            size = spell_byte(i, &n_shifted, text[i].s);
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
