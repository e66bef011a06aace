/* Any bytes as an event stream: what arrives byte by byte means what arrives at once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLLECTED_BYTES_MAX = 1 << 24 };

static void collect(void *ud, const char *name, const char *event, size_t n)
{
    buf_append(ud, name, strlen(name) + 1);
    buf_append(ud, &n, sizeof n); // so that no two lists of events look alike
    buf_append(ud, event, n);
}

static sw_code read_stream(const uint8_t *data, size_t size, size_t piece, buf *out)
{
    sse_reader sse;
    sw_err err = {0};
    sw_code code = SW_OK;
    sse_init(&sse, collect, out);
    for (size_t i = 0; i < size && code == SW_OK; i += piece)
        code = sse_feed(&sse, (const char *)data + i, size - i < piece ? size - i : piece, &err);
    if (code != SW_OK && err.msg[0] == '\0')
        abort();
    sse_free(&sse);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    buf whole, bytes;
    buf_init(&whole, COLLECTED_BYTES_MAX);
    buf_init(&bytes, COLLECTED_BYTES_MAX);
    const sw_code a = read_stream(data, size, size + 1, &whole);
    const sw_code b = read_stream(data, size, 1, &bytes);
    if (a != b || whole.size != bytes.size || memcmp(buf_str(&whole), buf_str(&bytes), whole.size) != 0)
        abort();
    buf_free(&whole);
    buf_free(&bytes);
    return 0;
}
