/* fuzz_dialect.h - any bytes as a body of one API family.
 *
 * Either the body is refused with an error that is complete and can be written, or it is a request whose answers, whole
 * and streamed, can be written from events that an engine could report for it.
 */
#ifndef FUZZ_DIALECT_H
#define FUZZ_DIALECT_H

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "dialects/dialect.h"
#include "fuzz_check.h"

typedef struct counting_sink {
    event_sink sink; // first
    bool is_json;    // payloads are documents, but for [DONE]
    size_t n_events;
} counting_sink;

static void count_event(event_sink *sink, const char *name, const char *payload, size_t n)
{
    counting_sink *const s = (counting_sink *)sink;
    s->n_events++;
    check(name == NULL || name[0] != '\0');
    check(utf8_valid(payload, n));
    json_t *const value = json_loadb(payload, n, JSON_ALLOW_NUL, NULL);
    check(!s->is_json || value != NULL || (n == 6 && memcmp(payload, "[DONE]", 6) == 0));
    json_decref(value);
}

static bool no_logprobs(void *ud, sw_logprobs *out)
{
    (void)ud, (void)out;
    return false;
}

static void check_ranges(const generation_request *r)
{
    const sw_request *const c = &r->core;
    check(r->n_choices >= 1 && r->n_choices <= LIMIT_CHOICES);
    check(generation_n_answers(r) <= LIMIT_REQUEST_ANSWERS && (generation_n_answers(r) == 0) == r->loads_only);
    check(r->loads_only || (c->messages != NULL) != (r->prompts != NULL));
    for (size_t i = 0; i < r->n_prompts; i++)
        check((r->prompts[i].text != NULL) != (r->prompts[i].tokens != NULL));
    check(c->sampling.temperature >= 0 && c->sampling.temperature <= 2);
    check(c->sampling.top_p > 0 && c->sampling.top_p <= 1);
    check(c->max_tokens >= 0 && c->max_tokens <= LIMIT_CTX_TOKENS && (c->max_tokens == 0 || !c->prompt_only));
    check(c->n_top_logprobs >= 0 && c->n_top_logprobs <= SW_TOP_LOGPROBS_MAX);
    check(!r->has_keep_alive || r->keep_alive_s >= -1);
    for (const char *p = r->ignored; *p != '\0'; p++)
        check(*p >= ' ' && *p <= '~'); // it becomes a header
}

static void write_stream(const dialect *d, const generation_head *head, bool is_json)
{
    counting_sink sink = {.sink.emit = count_event, .is_json = is_json};
    void *const state = d->state_bytes > 0 ? calloc(1, d->state_bytes) : NULL;
    dialect_stream s = {.sink = &sink.sink, .head = head, .state = state};
    const sw_token_logprob token = {.text = "\xc3", .n_bytes = 1, .logprob = -1};
    sw_logprobs logprobs = {.is_content = true, .sampled = token, .n_top = 1};
    logprobs.top[0] = token;
    const sw_event done = {.type = SW_EVENT_DONE, .n_prompt = 3, .n_predicted = 2, .stop_index = -1};
    if (d->accepted != NULL)
        d->accepted(&s, 1);
    for (size_t i = 0; i < head->n_answers; i++) {
        d->begin(&s, i);
        d->progress(&s, i, &(sw_event){.type = SW_EVENT_PROGRESS, .n_prompt = 3}, 1);
        d->text(&s, i, &(sw_event){.type = SW_EVENT_TOKEN, .kind = SW_TEXT_REASONING, .text = "a", .n_bytes = 1});
        d->text(&s, i, &(sw_event){.type = SW_EVENT_TOKEN, .text = "\n", .n_bytes = 1, .logprobs = &logprobs});
        d->end_choice(&s, i, &done);
    }
    d->end(&s, &done);
    check(!sink.sink.failed && sink.n_events > 0);
    if (d->free_state != NULL)
        d->free_state(state);
    free(state);
}

static void write_whole(const dialect *d, const generation_head *head)
{
    buf out, text;
    buf_init(&out, (size_t)1 << 24);
    buf_init(&text, 64);
    buf_puts(&text, "a\nb");
    const sw_event done = {.type = SW_EVENT_DONE, .n_prompt = 3, .n_predicted = 2, .stop_index = -1};
    const logprob_source source = {no_logprobs, NULL};
    whole_choice *const choices = calloc(head->n_answers, sizeof *choices);
    for (size_t i = 0; i < head->n_answers; i++)
        choices[i] = (whole_choice){.content = &text, .reasoning = &text, .logprobs = &source, .done = &done};
    d->write_answer(&out, head, &(whole_answer){choices, head->n_answers, done});
    check(out.failed == SW_OK && utf8_valid(out.data, out.size));
    free(choices);
    buf_free(&out);
    buf_free(&text);
}

static void check_refusal(const dialect *d, const api_error *error)
{
    buf out;
    buf_init(&out, 1 << 16);
    check(error->what != API_OK && error->message[0] != '\0' && api_status(error) >= 400);
    d->write_error(&out, error);
    check(out.failed == SW_OK && utf8_valid(out.data, out.size));
    buf_free(&out);
}

/* is_json: every event of a stream is a document. */
static void fuzz_dialect(const dialect *d, bool is_json, const uint8_t *data, size_t size)
{
    generation_request r;
    api_error error = {0};
    char *const body = malloc(size + 1); // a body ends with a NUL
    memcpy(body, data, size);
    body[size] = '\0';
    if (d->parse(&r, body, size, /*random=*/7, &error)) {
        const dialect *const family = r.family != NULL ? r.family : d;
        const generation_head head = {.id = "x-1",
                                      .fingerprint = "sw-x",
                                      .model = "m",
                                      .backend = "cpu",
                                      .request_id = "r",
                                      .ignored = r.ignored,
                                      .n_choices = r.n_choices,
                                      .n_answers = generation_n_answers(&r),
                                      .stop = r.core.stop,
                                      .n_stop = r.core.n_stop,
                                      .hides_reasoning = r.hides_reasoning,
                                      .include_usage = r.include_usage};
        check_ranges(&r);
        if (head.n_answers <= 16) {   // more of the same
            if (family->text != NULL) // it has streams
                write_stream(family, &head, is_json);
            if (family->write_answer != NULL)
                write_whole(family, &head);
        }
        generation_request_free(&r);
    } else {
        check_refusal(d, &error);
    }
    free(body);
}

#endif
