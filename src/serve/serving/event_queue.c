/* event_queue.c - events as records of bytes: the event, its text, its log-probabilities. */
#include "serving/event_queue.h"

#include <string.h>

#include "base/clock.h"

/* n_pad bytes, n_bytes of text or of an embedding, and n_logprobs bytes of packed log-probabilities follow. */
typedef struct record {
    sw_event event; // without its pointers
    sw_code code;   // ERROR; the text is the message
    size_t n_pad, n_bytes, n_logprobs;
} record;

enum {
    MERGE_FROM_BYTES = 16384, // of waiting records: from here on texts are joined, since the reader does not keep up
    MERGED_TEXT_BYTES = 4096, // in one record, at most
};
static const size_t NO_TEXT = SIZE_MAX;

/* ---- the inbox -------------------------------------------------------------------------------------------------- */

void event_inbox_init(event_inbox *inbox, void (*wake)(void *ud), void *ud)
{
    *inbox = (event_inbox){.wake = wake, .ud = ud, .clock = clock_or_system(NULL)};
    inbox->end = &inbox->first;
    pthread_mutex_init(&inbox->lock, NULL);
}

void event_inbox_destroy(event_inbox *inbox)
{
    pthread_mutex_destroy(&inbox->lock);
}

/* Puts q into the inbox.  With the lock held.  Returns true if the network thread must be woken. */
static bool list(event_queue *q)
{
    event_inbox *const inbox = q->inbox;
    if (q->is_listed || !q->is_open)
        return false;
    q->is_listed = true;
    q->next = NULL;
    *inbox->end = q;
    inbox->end = &q->next;
    return true;
}

event_queue *event_inbox_take(event_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    event_queue *const q = inbox->first;
    if (q != NULL) {
        inbox->first = q->next;
        if (inbox->first == NULL)
            inbox->end = &inbox->first;
        q->is_listed = false;
    }
    pthread_mutex_unlock(&inbox->lock);
    return q;
}

static void unlist(event_queue *q)
{
    event_inbox *const inbox = q->inbox;
    for (event_queue **p = &inbox->first; *p != NULL; p = &(*p)->next) {
        if (*p != q)
            continue;
        *p = q->next;
        if (inbox->end == &q->next)
            inbox->end = p;
        return;
    }
}

/* ---- writing: the engine's thread ------------------------------------------------------------------------------- */

/* Appends r's text to the last record, if both are of one kind and the reader does not keep up. */
static bool merge(event_queue *q, const record *r, const char *text)
{
    record last;
    if (r->event.type != SW_EVENT_TOKEN || q->last_text_at == NO_TEXT || q->bytes.size < MERGE_FROM_BYTES)
        return false;
    memcpy(&last, q->bytes.data + q->last_text_at, sizeof last);
    if (last.event.kind != r->event.kind || last.n_bytes + r->n_bytes > MERGED_TEXT_BYTES)
        return false;
    last.n_bytes += r->n_bytes;
    last.event.n_bytes = last.n_bytes;
    last.event.n_tokens += r->event.n_tokens;
    last.event.n_predicted = r->event.n_predicted;
    last.event.n_reasoning = r->event.n_reasoning;
    last.event.timings = r->event.timings;
    buf_append(&q->bytes, text, r->n_bytes);
    memcpy(q->bytes.data + q->last_text_at, &last, sizeof last);
    return true;
}

static void put(event_queue *q, const record *r, const char *text)
{
    if (q->bytes.failed != SW_OK || merge(q, r, text))
        return;
    q->last_text_at = r->event.type == SW_EVENT_TOKEN ? q->bytes.size : NO_TEXT;
    buf_append(&q->bytes, r, sizeof *r);
    buf_append(&q->bytes, text, r->n_bytes);
}

/* A text that is never merged, since it has log-probabilities. */
static void put_with_logprobs(event_queue *q, record r, const char *text, const sw_logprobs *logprobs)
{
    const size_t at = q->bytes.size;
    buf_append(&q->bytes, &r, sizeof r);
    buf_append(&q->bytes, text, r.n_bytes);
    const size_t before = q->bytes.size;
    logprobs_pack(&q->bytes, logprobs);
    q->last_text_at = NO_TEXT;
    if (q->bytes.failed != SW_OK)
        return;
    r.n_logprobs = q->bytes.size - before;
    memcpy(q->bytes.data + at, &r, sizeof r);
}

/* An embedding begins where floats may. */
static void put_embedding(event_queue *q, record r, const float *embedding)
{
    static const char ZEROS[sizeof(float)] = {0};
    r.n_pad = (sizeof(float) - (q->bytes.size + sizeof r) % sizeof(float)) % sizeof(float);
    buf_append(&q->bytes, &r, sizeof r);
    buf_append(&q->bytes, ZEROS, r.n_pad);
    buf_append(&q->bytes, embedding, r.n_bytes);
    q->last_text_at = NO_TEXT;
}

/* The bytes that follow a record, log-probabilities apart. */
static size_t n_bytes_of(const sw_event *event)
{
    switch (event->type) {
    case SW_EVENT_TOKEN: return event->n_bytes;
    case SW_EVENT_EMBEDDING: return (size_t)event->n_embd * sizeof(float);
    case SW_EVENT_ERROR: return strlen(event->error->msg);
    default: return 0;
    }
}

static record record_of(const sw_event *event)
{
    record r = {.event = *event,
                .code = event->type == SW_EVENT_ERROR ? event->error->code : SW_OK,
                .n_bytes = n_bytes_of(event)};
    r.event.text = NULL;
    r.event.logprobs = NULL;
    r.event.error = NULL;
    r.event.embedding = NULL;
    return r;
}

/* Returns true for what the wait for the first token ends with. */
static bool is_first_token(sw_event_type type)
{
    return type == SW_EVENT_TOKEN || type == SW_EVENT_DONE || type == SW_EVENT_ERROR;
}

/* With the lock held. */
static void note_time(event_queue *q, const sw_event *event)
{
    const bool is_token = event->type == SW_EVENT_TOKEN && event->n_tokens > 0;
    const bool is_first = q->first_token_ns == 0 && is_first_token(event->type);
    const uint64_t now = is_first || is_token ? clock_now_ns(q->inbox->clock) : 0;
    if (is_first)
        q->first_token_ns = now;
    if (is_token && q->last_token_ns > 0)
        histogram_add(&q->gaps, ns_to_ms(now - q->last_token_ns) / 1000, 1);
    if (is_token)
        q->last_token_ns = now;
}

void event_queue_on_event(void *ud, const sw_event *event)
{
    event_queue *const q = ud;
    event_inbox *const inbox = q->inbox;
    const char *const text = event->type == SW_EVENT_ERROR ? event->error->msg : event->text;
    const record r = record_of(event);
    const bool has_logprobs = event->logprobs != NULL && event->logprobs->is_content;
    const bool is_empty = event->type == SW_EVENT_TOKEN && r.n_bytes == 0 && !has_logprobs;
    pthread_mutex_lock(&inbox->lock);
    note_time(q, event);
    if (has_logprobs)
        put_with_logprobs(q, r, text, event->logprobs);
    else if (event->type == SW_EVENT_EMBEDDING)
        put_embedding(q, r, event->embedding);
    else if (!is_empty)
        put(q, &r, text);
    const bool must_wake = !is_empty && list(q);
    pthread_mutex_unlock(&inbox->lock); // from here on the network thread may free q, if this was the last event
    if (must_wake)
        inbox->wake(inbox->ud);
}

void event_queue_put_text(event_queue *q, const char *text, size_t n)
{
    const sw_event event = {.type = SW_EVENT_TOKEN, .kind = SW_TEXT_CONTENT, .text = text, .n_bytes = n};
    event_queue_on_event(q, &event);
    q->first_token_ns = 0; // it is no token of the answer
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

void event_queue_init(event_queue *q, event_inbox *inbox, void *owner, size_t bytes_max)
{
    *q = (event_queue){.inbox = inbox, .owner = owner, .last_text_at = NO_TEXT, .gaps = {.kind = HISTOGRAM_TOKEN_TIME}};
    buf_init(&q->bytes, bytes_max);
}

void event_queue_free(event_queue *q)
{
    pthread_mutex_lock(&q->inbox->lock);
    if (q->is_listed)
        unlist(q);
    pthread_mutex_unlock(&q->inbox->lock);
    buf_free(&q->bytes);
}

void event_queue_open_to_reader(event_queue *q)
{
    event_inbox *const inbox = q->inbox;
    pthread_mutex_lock(&inbox->lock);
    q->is_open = true;
    const bool must_wake = list(q);
    pthread_mutex_unlock(&inbox->lock);
    if (must_wake)
        inbox->wake(inbox->ud);
}

bool event_queue_is_open(event_queue *q)
{
    pthread_mutex_lock(&q->inbox->lock);
    const bool is_open = q->is_open;
    pthread_mutex_unlock(&q->inbox->lock);
    return is_open;
}

bool event_queue_has_room(void *ud)
{
    event_queue *const q = ud;
    pthread_mutex_lock(&q->inbox->lock);
    const bool has_room = q->bytes.size < EVENT_QUEUE_ROOM_BYTES;
    pthread_mutex_unlock(&q->inbox->lock);
    return has_room;
}

uint64_t event_queue_first_token_ns(event_queue *q)
{
    pthread_mutex_lock(&q->inbox->lock);
    const uint64_t ns = q->first_token_ns;
    pthread_mutex_unlock(&q->inbox->lock);
    return ns;
}

histogram event_queue_take_gaps(event_queue *q)
{
    pthread_mutex_lock(&q->inbox->lock);
    const histogram gaps = q->gaps;
    q->gaps = (histogram){.kind = HISTOGRAM_TOKEN_TIME};
    pthread_mutex_unlock(&q->inbox->lock);
    return gaps;
}

/* ---- reading: the network thread -------------------------------------------------------------------------------- */

bool event_queue_take(event_queue *q, buf *out)
{
    pthread_mutex_lock(&q->inbox->lock);
    *out = q->bytes;
    buf_init(&q->bytes, out->max);
    q->last_text_at = NO_TEXT;
    pthread_mutex_unlock(&q->inbox->lock);
    return out->failed == SW_OK;
}

bool event_reader_next(event_reader *r, sw_event *out)
{
    record rec;
    if (r->pos >= r->bytes->size)
        return false;
    memcpy(&rec, r->bytes->data + r->pos, sizeof rec);
    const char *const text = r->bytes->data + r->pos + sizeof rec + rec.n_pad;
    r->pos += sizeof rec + rec.n_pad + rec.n_bytes + rec.n_logprobs;
    *out = rec.event;
    out->text = text;
    out->n_bytes = rec.n_bytes;
    if (rec.n_logprobs > 0) {
        const char *pos = text + rec.n_bytes;
        logprobs_unpack(&pos, &r->logprobs);
        out->logprobs = &r->logprobs;
    }
    if (rec.event.type == SW_EVENT_EMBEDDING)
        out->embedding = (const float *)(const void *)text;
    if (rec.event.type == SW_EVENT_ERROR) {
        const size_t n = rec.n_bytes < sizeof r->error.msg ? rec.n_bytes : sizeof r->error.msg - 1;
        r->error.code = rec.code;
        memcpy(r->error.msg, text, n);
        r->error.msg[n] = '\0';
        out->error = &r->error;
    }
    return true;
}

/* ---- log-probabilities as bytes --------------------------------------------------------------------------------- */

/* n_bytes of text follow, then n_top tokens of the same kind, without any of their own. */
typedef struct packed_token {
    float logprob;
    int32_t id;
    int n_top;
    size_t n_bytes;
} packed_token;

static void pack_token(buf *out, const sw_token_logprob *t, int n_top)
{
    const packed_token token = {.logprob = t->logprob, .id = t->id, .n_top = n_top, .n_bytes = t->n_bytes};
    buf_append(out, &token, sizeof token);
    buf_append(out, t->text, t->n_bytes);
}

void logprobs_pack(buf *out, const sw_logprobs *logprobs)
{
    pack_token(out, &logprobs->sampled, logprobs->n_top);
    for (int i = 0; i < logprobs->n_top; i++)
        pack_token(out, &logprobs->top[i], 0);
}

static int unpack_token(const char **pos, sw_token_logprob *out)
{
    packed_token t;
    memcpy(&t, *pos, sizeof t);
    *out = (sw_token_logprob){.id = t.id, .logprob = t.logprob, .text = *pos + sizeof t, .n_bytes = t.n_bytes};
    *pos += sizeof t + t.n_bytes;
    return t.n_top;
}

void logprobs_unpack(const char **pos, sw_logprobs *out)
{
    out->is_content = true; // nothing else is packed
    out->n_top = unpack_token(pos, &out->sampled);
    for (int i = 0; i < out->n_top; i++)
        unpack_token(pos, &out->top[i]);
}
