/* event_queue.h - the engine's events on their way to the network thread.
 *
 * The engine must not wait for a socket, so its thread copies each event into the queue of its request and goes on.
 * Queues with new events are linked in an inbox, which all requests of a server share; the network thread takes them
 * from there.  A queue in which much waits has no room, and the engine pauses its job.  A queue is also bounded: if an
 * event does not fit nevertheless, the answer is incomplete and must be broken off.
 */
#ifndef SERVING_EVENT_QUEUE_H
#define SERVING_EVENT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/limits.h"
#include "serving/histogram.h"
#include "spillway.h"

typedef struct event_queue event_queue;

/* Queues with new events, oldest first. */
typedef struct event_inbox {
    pthread_mutex_t lock; // of the list and of every queue
    event_queue *first, **end;
    void (*wake)(void *ud); // makes the network thread look; any thread
    void *ud;
    const sw_clock *clock; // of first_token_ns; the system's unless the owner sets another after init
} event_inbox;

struct event_queue {
    event_inbox *inbox;
    void *owner;
    /* Under the inbox's lock. */
    event_queue *next;
    bool is_listed;
    bool is_open;            // may be taken from the inbox
    buf bytes;               // records, see event_queue.c
    size_t last_text_at;     // offset of the last record, if it is text that more text may join
    histogram gaps;          // times between tokens, not yet taken
    uint64_t last_token_ns;  // 0: none came
    uint64_t first_token_ns; // when the first token came, or the end without one; 0: neither has
};

void event_inbox_init(event_inbox *inbox, void (*wake)(void *ud), void *ud);
void event_inbox_destroy(event_inbox *inbox);

/* A quarter of what may wait for a client: as much again may have been taken, and the rest is in the connection. */
enum { EVENT_QUEUE_ROOM_BYTES = LIMIT_HTTP_SEND_QUEUE_BYTES / 4 };

/* A queue of at most bytes_max bytes. */
void event_queue_init(event_queue *q, event_inbox *inbox, void *owner, size_t bytes_max);
/* The job must have been released, so that no event comes any more. */
void event_queue_free(event_queue *q);

/* The engine's callback (sw_event_fn); ud is the queue. */
void event_queue_on_event(void *ud, const sw_event *event);

/* Puts a text of n bytes before the job's own events; called before the job is submitted. */
void event_queue_put_text(event_queue *q, const char *text, size_t n);

/* Returns true if less than EVENT_QUEUE_ROOM_BYTES wait (sw_request.has_room); ud is the queue. */
bool event_queue_has_room(void *ud);

/* Hands q to the network thread: it is in the inbox now and after every event.  Until then events wait.  Any thread. */
void event_queue_open_to_reader(event_queue *q);

bool event_queue_is_open(event_queue *q);

/* When the engine reported the first token, or the end of an answer without one; 0: it has not. */
uint64_t event_queue_first_token_ns(event_queue *q);

/* Removes the times between tokens that came since the last call (HISTOGRAM_TOKEN_TIME), by the engine's thread. */
histogram event_queue_take_gaps(event_queue *q);

/* Network thread: removes the next queue from the inbox; NULL: it is empty. */
event_queue *event_inbox_take(event_inbox *inbox);

/* Network thread: moves the waiting records into *out (buf_free).  Returns false if some are lost, because the queue
 * was full or memory ran out. */
bool event_queue_take(event_queue *q, buf *out);

/* Reads records.  Initialize with {.bytes = ...}. */
typedef struct event_reader {
    const buf *bytes;
    size_t pos;
    sw_logprobs logprobs;
    sw_err error;
} event_reader;

/* Fills *out with the next event.  Its pointers are valid until the next call, and as long as the bytes.  Texts are not
 * NUL-terminated.  Returns false at the end. */
bool event_reader_next(event_reader *r, sw_event *out);

/* ---- log-probabilities as bytes
 * -------------------------------------------------------------------------------------- */

/* Appends one token and its alternatives. */
void logprobs_pack(buf *out, const sw_logprobs *logprobs);
/* Reads the token at *pos and moves *pos after it; texts point into the bytes. */
void logprobs_unpack(const char **pos, sw_logprobs *out);

#endif
