/* Any bytes as an event stream: what arrives byte by byte means what arrives at once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "suite/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLLECTED_BYTES_MAX = 1 << 24 };

static void collect(void *ud, const char *event, size_t n)
{
    sw_buf_append(ud, &n, sizeof n); // so that no two lists of events look alike
    sw_buf_append(ud, event, n);
}

static sw_code read_stream(const uint8_t *data, size_t size, size_t piece, sw_buf *out)
{
    sw_sse sse;
    sw_err err = {0};
    sw_code code = SW_OK;
    sw_sse_init(&sse, collect, out);
    for (size_t i = 0; i < size && code == SW_OK; i += piece)
        code = sw_sse_feed(&sse, (const char *)data + i, size - i < piece ? size - i : piece, &err);
    if (code != SW_OK && err.msg[0] == '\0')
        abort();
    sw_sse_free(&sse);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sw_buf whole, bytes;
    sw_buf_init(&whole, COLLECTED_BYTES_MAX);
    sw_buf_init(&bytes, COLLECTED_BYTES_MAX);
    const sw_code a = read_stream(data, size, size + 1, &whole);
    const sw_code b = read_stream(data, size, 1, &bytes);
    if (a != b || whole.size != bytes.size || memcmp(sw_buf_str(&whole), sw_buf_str(&bytes), whole.size) != 0)
        abort();
    sw_buf_free(&whole);
    sw_buf_free(&bytes);
    return 0;
}
