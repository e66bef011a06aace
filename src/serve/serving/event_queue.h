/* event_queue.h - the engine's events on their way to the network thread.
 *
 * The engine must not wait for a socket, so its thread copies each event into the queue of its request and goes on.
 * The queues that have something new are linked in an inbox, which all requests of a server share; the network thread
 * takes them from there.  A queue is bounded: a request that does not fit any more has lost part of its answer.
 */
#ifndef SERVING_EVENT_QUEUE_H
#define SERVING_EVENT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "spillway.h"

typedef struct event_queue event_queue;

/* Queues with something new, oldest first. */
typedef struct event_inbox {
    pthread_mutex_t lock; // of the list and of every queue
    event_queue *first, **end;
    void (*wake)(void *ud); // makes the network thread come; any thread
    void *ud;
} event_inbox;

struct event_queue {
    event_inbox *inbox;
    void *owner;
    /* Under the inbox's lock. */
    event_queue *next;
    bool is_listed;
    bool is_open;        // may be taken from the inbox
    buf bytes;           // records, see event_queue.c
    size_t last_text_at; // offset of the last record, if it is text that more text may join
};

void event_inbox_init(event_inbox *inbox, void (*wake)(void *ud), void *ud);
void event_inbox_destroy(event_inbox *inbox);

/* A queue of at most bytes_max bytes. */
void event_queue_init(event_queue *q, event_inbox *inbox, void *owner, size_t bytes_max);
/* No event may come any more. */
void event_queue_free(event_queue *q);

/* The engine's callback (sw_event_fn); ud is the queue. */
void event_queue_on_event(void *ud, const sw_event *event);

/* Lets the network thread look at q, now and after every event; events that came before have waited.  Any thread. */
void event_queue_open_to_reader(event_queue *q);

bool event_queue_is_open(event_queue *q);

/* Network thread: the next queue with something new, or NULL. */
event_queue *event_inbox_take(event_inbox *inbox);

/* Network thread: moves what has come into *out, which need not be initialized.  Returns false if part of it is lost,
 * because there was too much or memory was short. */
bool event_queue_take(event_queue *q, buf *out);

/* Reads what event_queue_take gave.  Begin with {.bytes = out}. */
typedef struct event_reader {
    const buf *bytes;
    size_t pos;
    sw_logprobs logprobs;
    sw_err error;
} event_reader;

/* Fills *out as the engine did; its pointers are valid until the next call and as long as the bytes are.  Texts are not
 * NUL-terminated.  Returns false at the end. */
bool event_reader_next(event_reader *r, sw_event *out);

/* ---- log-probabilities as bytes
 * -------------------------------------------------------------------------------------- */

/* Appends one token and its alternatives. */
void logprobs_pack(buf *out, const sw_logprobs *logprobs);
/* Reads the token at *pos and moves *pos after it; texts point into the bytes. */
void logprobs_unpack(const char **pos, sw_logprobs *out);

#endif
