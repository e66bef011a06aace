/* fuzz_vocab.c - hostile vocabularies and hostile text.
 *
 * Input that begins like a model file is loaded as a vocabulary: it is refused, or every id it produces is one of its
 * own.  Anything else is text: cut by a pre-tokenizer without losing a byte, and back unchanged from its ids.  The
 * first byte chooses the pre-tokenizer: with one of eleven per input the fuzzer tries eleven times as many inputs, and
 * it finds each one's ways by itself.
 */
#define _GNU_SOURCE // memfd_create
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_check.h"
#include "token/pretokenizer.h"
#include "token/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    TEXT_MAX = 1 << 20,
    CUT_MAX = 256, // bytes of text; rules look at the neighbours of a character, and time grows with the text
};

static void use(const vocabulary *v)
{
    static const char TEXT[] = "The <|start|> caf\xc3\xa9 <0x0A> \xf0\x9f\x98\x80\xff 12345\n\n  x=1;";
    token_list ids = {0};
    buf text;
    buf_init(&text, TEXT_MAX);
    sw_err err;
    check(vocab_encode(v, TEXT, sizeof TEXT - 1, true, true, &ids, &err) == SW_OK);
    for (size_t i = 0; i < ids.n; i++)
        check(ids.ids[i] >= 0 && ids.ids[i] < vocab_size(v));
    vocab_decode(v, ids.ids, ids.n, true, &text);
    buf_free(&text);
    token_list_clear(&ids);
}

/* The reader takes a path, so there is one file per process, in memory. */
static void load(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("vocab", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    check(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    gguf_file *g;
    vocabulary *v;
    sw_err err = {0};
    if (gguf_open(&g, path, &err) != SW_OK)
        return;
    if (vocab_from_gguf(&v, g, &err) == SW_OK)
        use(v);
    else
        check(v == NULL && err.msg[0] != '\0');
    vocab_free(v);
    gguf_close(g);
}

static void cut(const char *id, const char *text, size_t n)
{
    cut_list cuts = {0};
    check(pretokenize(pretokenizer_find((str_view){id, strlen(id)}), text, n, &cuts));
    size_t last = 0;
    for (size_t i = 0; i < cuts.n; i++) {
        check(cuts.ends[i] > last);
        last = cuts.ends[i];
    }
    check(last == n);
    cuts_free(&cuts);
}

static void round_trip(const char *text, size_t n)
{
    static const char *const CONTROLS[] = {"<|end|>", "<|a", "<|a|>"};
    static vocabulary *v;
    sw_err err;
    if (v == NULL)
        check(vocab_synthetic(&v, NULL, 0, CONTROLS, 3, &err) == SW_OK);
    token_list ids = {0};
    buf back;
    buf_init(&back, TEXT_MAX);
    check(vocab_encode(v, text, n, false, true, &ids, &err) == SW_OK);
    vocab_decode(v, ids.ids, ids.n, true, &back);
    check(back.size == n && memcmp(buf_str(&back), text, n) == 0);
    buf_free(&back);
    token_list_clear(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const IDS[] = {"default", "gpt-2",  "llama-bpe",    "qwen2",          "qwen35",     "gpt-4o",
                                      "tekken",  "falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3"};
    if (size > TEXT_MAX / 2)
        return 0;
    if (size >= 4 && memcmp(data, "GGUF", 4) == 0) {
        load(data, size);
        return 0;
    }
    if (size == 0)
        return 0;
    const size_t n = size - 1 < CUT_MAX ? size - 1 : CUT_MAX;
    cut(IDS[data[0] % (sizeof IDS / sizeof *IDS)], (const char *)data + 1, n);
    round_trip((const char *)data + 1, n);
    return 0;
}
