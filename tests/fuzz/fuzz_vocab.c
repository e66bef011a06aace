/* fuzz_vocab.c - hostile vocabularies and hostile text.
 *
 * Input that begins like a model file is loaded as a vocabulary: it is refused, or every id it produces is one of its
 * own.  Anything else is text: cut by every pre-tokenizer without losing a byte, and back unchanged from its ids.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "token/pretokenizer.h"
#include "token/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20 };

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void use(const sw_vocab *v)
{
    static const char TEXT[] = "The <|start|> caf\xc3\xa9 <0x0A> \xf0\x9f\x98\x80\xff 12345\n\n  x=1;";
    sw_tokens ids = {0};
    sw_buf text;
    sw_buf_init(&text, TEXT_MAX);
    sw_err err;
    check(sw_vocab_encode(v, TEXT, sizeof TEXT - 1, true, true, &ids, &err) == SW_OK);
    for (size_t i = 0; i < ids.n; i++)
        check(ids.ids[i] >= 0 && ids.ids[i] < sw_vocab_size(v));
    sw_vocab_decode(v, ids.ids, ids.n, true, &text);
    sw_buf_free(&text);
    sw_tokens_clear(&ids);
}

/* The reader takes a path, so there is one scratch file per process. */
static void load(const uint8_t *data, size_t size)
{
    static char path[] = "/tmp/fuzz_vocab_XXXXXX";
    static int fd = -1;
    if (fd < 0)
        fd = mkstemp(path);
    check(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    sw_gguf *g;
    sw_vocab *v;
    sw_err err = {0};
    if (sw_gguf_open(&g, path, &err) != SW_OK)
        return;
    if (sw_vocab_from_gguf(&v, g, &err) == SW_OK)
        use(v);
    else
        check(v == NULL && err.msg[0] != '\0');
    sw_vocab_free(v);
    sw_gguf_close(g);
}

static void cut(const char *id, const char *text, size_t n)
{
    sw_cuts cuts = {0};
    check(sw_pretokenize(sw_pretokenizer_find((sw_str){id, strlen(id)}), text, n, &cuts));
    size_t last = 0;
    for (size_t i = 0; i < cuts.n; i++) {
        check(cuts.ends[i] > last);
        last = cuts.ends[i];
    }
    check(last == n);
    sw_cuts_free(&cuts);
}

static void round_trip(const char *text, size_t n)
{
    static const char *const CONTROLS[] = {"<|end|>", "<|a", "<|a|>"};
    static sw_vocab *v;
    sw_err err;
    if (v == NULL)
        check(sw_vocab_synthetic(&v, NULL, 0, CONTROLS, 3, &err) == SW_OK);
    sw_tokens ids = {0};
    sw_buf back;
    sw_buf_init(&back, TEXT_MAX);
    check(sw_vocab_encode(v, text, n, false, true, &ids, &err) == SW_OK);
    sw_vocab_decode(v, ids.ids, ids.n, true, &back);
    check(back.size == n && memcmp(sw_buf_str(&back), text, n) == 0);
    sw_buf_free(&back);
    sw_tokens_clear(&ids);
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
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        cut(IDS[i], (const char *)data, size);
    round_trip((const char *)data, size);
    return 0;
}
