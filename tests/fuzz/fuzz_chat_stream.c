/* Any lines as the events of an answer: its text stays valid UTF-8, its times stay in order, and it is a success or
 * says why not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "client/chat_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const answer_record *a)
{
    if (!utf8_valid(a->text, a->n_text) || !utf8_valid(a->reasoning, a->n_reasoning) ||
        !utf8_valid(a->error, strlen(a->error)) || strlen(a->text) != a->n_text)
        abort();
    size_t n_bytes = 0;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        if (a->arrivals[i].n_bytes == 0 || (i > 0 && a->arrivals[i].t_ns < a->arrivals[i - 1].t_ns))
            abort();
        n_bytes += a->arrivals[i].n_bytes;
    }
    if ((n_bytes == 0) != (a->n_text + a->n_reasoning == 0))
        abort();
    if ((a->status == TEST_COMPLETED) != (a->error[0] == '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chat_stream s;
    chat_stream_init(&s);
    const char *p = (const char *)data;
    const char *const end = p + size;
    int64_t t_ns = 0;
    while (p < end) {
        const char *const newline = memchr(p, '\n', (size_t)(end - p));
        const char *const stop = newline != NULL ? newline : end;
        chat_stream_event(&s, t_ns % 7 == 6 ? "error" : "message", p, (size_t)(stop - p), t_ns);
        t_ns++;
        p = stop + 1;
    }
    answer_record answer = chat_stream_finish(&s, t_ns);
    check(&answer);
    chat_stream_reset(&s);
    for (long status = 200; status <= 500; status += 300) {
        chat_stream_fail_document(&s, status, (const char *)data, size);
        answer = chat_stream_finish(&s, 0);
        check(&answer);
        chat_stream_reset(&s);
    }
    chat_stream_free(&s);
    return 0;
}
