#define _GNU_SOURCE // memfd_create
/* Any bytes as a GGUF file: opening succeeds or fails with a message, and what it accepts can be read. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gguf/gguf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch_arrays(const gguf_file *g)
{
    static const char *const KEYS[] = {"tokenizer.ggml.tokens", "tokenizer.ggml.scores", "a"};
    for (size_t k = 0; k < sizeof KEYS / sizeof KEYS[0]; k++) {
        gguf_array a;
        sw_err err = {0};
        if (gguf_get_array(g, KEYS[k], &a, &err) != SW_OK)
            continue;
        for (size_t i = 0; i < a.n; i++) {
            int64_t v;
            volatile char sink = 0;
            if (a.type == GGUF_STRING) {
                const str_view s = gguf_array_str(&a, i);
                sink = s.size > 0 ? s.data[s.size - 1] : sink;
            } else {
                (void)gguf_array_int(&a, i, &v);
            }
        }
    }
}

static void touch_tensors(const gguf_file *g)
{
    for (size_t i = 0; i < gguf_n_tensors(g); i++) {
        const gguf_tensor *const t = gguf_tensor_at(g, i);
        uint8_t byte;
        sw_err err = {0};
        // What was accepted lies in the file: its last byte can be read.
        if (gguf_read(g, t, t->bytes - 1, &byte, 1, &err) != SW_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("gguf", 0);
    char path[64];
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    gguf_file *g;
    sw_err err = {0};
    if (gguf_open(&g, path, &err) == SW_OK) {
        touch_arrays(g);
        touch_tensors(g);
        gguf_close(g);
    } else if (err.msg[0] == '\0' || g != NULL) {
        abort();
    }
    close(fd);
    return 0;
}
