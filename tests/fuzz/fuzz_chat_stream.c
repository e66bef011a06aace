/* Any bytes as what servers send: the events of a chat, its whole document, an error document, the events and messages
 * of shimmy.  The text of an answer stays valid UTF-8, its times stay in order, and it is a success or says why not. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "client/chat_stream.h"
#include "client/ollama_stream.h"
#include "client/raw_stream.h"
#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT_MAX = 1000000000 };

typedef void (*take_fn)(chat_stream *s, const char *data, size_t n, int64_t t_ns);

static void check_arrivals(const answer_record *a)
{
    size_t n_bytes = 0;
    uint64_t n_tokens = 0;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        check(a->arrivals[i].n_bytes > 0 && (i == 0 || a->arrivals[i].t_ns >= a->arrivals[i - 1].t_ns));
        n_bytes += a->arrivals[i].n_bytes;
        n_tokens += a->arrivals[i].n_tokens;
    }
    check((n_bytes == 0) == (a->n_text + a->n_reasoning == 0));
    check(n_tokens <= COUNT_MAX);
}

static bool is_time(double ms)
{
    return isnan(ms) || (ms >= 0 && isfinite(ms));
}

static void check_facts(const answer_record *a)
{
    const expert_counts *const e = &a->experts;
    uint64_t n_choices = 0;
    check(a->prompt_tokens >= -1 && a->cached_tokens >= -1 && a->completion_tokens >= -1 && a->reasoning_tokens >= -1);
    check(is_time(a->queue_ms) && is_time(a->prompt_ms) && is_time(a->decode_ms) && is_time(a->temperature));
    check(a->seed >= -1 && (a->token_ids != NULL) == (a->n_token_ids > 0));
    for (size_t i = 0; i < a->n_token_ids; i++)
        check(a->token_ids[i] >= 0);
    check((e->counts != NULL) == (e->n_layers > 0) && (e->n_layers > 0) == (e->n_used > 0));
    for (size_t i = 0; i < (size_t)e->n_layers * (size_t)e->n_experts; i++)
        n_choices += e->counts[i];
    check(n_choices == (uint64_t)e->n_tokens * (uint64_t)e->n_layers * (uint64_t)e->n_used);
}

/* Ends the answer, checks it, and begins another one. */
static void finish(chat_stream *s, int64_t t_ns)
{
    const answer_record a = chat_stream_finish(s, t_ns);
    check(utf8_valid(a.text, a.n_text) && utf8_valid(a.reasoning, a.n_reasoning));
    check(utf8_valid(a.error, strlen(a.error)) && strlen(a.text) == a.n_text);
    check((a.status == TEST_COMPLETED) == (a.error[0] == '\0'));
    check_arrivals(&a);
    check_facts(&a);
    chat_stream_reset(s);
}

static void take_event(chat_stream *s, const char *data, size_t n, int64_t t_ns)
{
    chat_stream_event(s, t_ns % 7 == 6 ? "error" : "message", data, n, t_ns);
}

/* Each line is an event. */
static void take_lines(chat_stream *s, take_fn take, const char *data, size_t size)
{
    int64_t t_ns = 0;
    for (const char *p = data, *const end = data + size; p < end; t_ns++) {
        const char *const newline = memchr(p, '\n', (size_t)(end - p));
        const char *const stop = newline != NULL ? newline : end;
        take(s, p, (size_t)(stop - p), t_ns);
        p = stop + 1;
    }
    finish(s, t_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const text = (const char *)data;
    chat_stream s;
    chat_stream_init(&s);
    take_lines(&s, take_event, text, size);
    for (long status = 200; status <= 500; status += 300) {
        chat_stream_fail_document(&s, status, text, size);
        finish(&s, 0);
    }
    chat_stream_document(&s, text, size, 0);
    finish(&s, 0);
    take_lines(&s, ollama_stream_line, text, size);
    s.has_no_reasons = true;
    take_lines(&s, raw_stream_event, text, size);
    take_lines(&s, raw_stream_message, text, size);
    chat_stream_free(&s);
    return 0;
}
