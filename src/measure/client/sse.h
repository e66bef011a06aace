/* sse.h - reads a stream of server-sent events as it arrives.
 *
 * Bytes may be cut anywhere: inside a character, between CR and LF, in the middle of a field name.  Lines end in LF,
 * CRLF or CR, several data lines of one event are joined with LF, comments and unknown fields are skipped, a byte order
 * mark at the start is dropped, and an event without its empty line is discarded (WHATWG HTML, 9.2).  One extension: a
 * field `error` is the data of an event of that name, as older llama.cpp servers send it.
 */
#ifndef CLIENT_SSE_H
#define CLIENT_SSE_H

#include "base/buf.h"

/* `name` is the event's ("message" if the server gave none).  Both texts are NUL-terminated and valid during the call
 * only. */
typedef void (*sse_event_fn)(void *ud, const char *name, const char *data, size_t n);

typedef struct sse_reader {
    buf line; // the bytes so far of the line under way
    buf data; // of the event under way
    buf name; // of the event under way; empty: "message"
    bool has_data;
    bool after_cr;   // an LF now belongs to the line end that was handled already
    bool past_start; // a byte order mark is no longer possible
    sse_event_fn on_event;
    void *ud;
} sse_reader;

void sse_init(sse_reader *sse, sse_event_fn on_event, void *ud);
void sse_free(sse_reader *sse);
/* Errors: SW_ELIMIT (a line or an event over SSE_LINE_BYTES), SW_ENOMEM; after one, the reader must not be fed again.
 */
SW_NODISCARD sw_code sse_feed(sse_reader *sse, const char *bytes, size_t n, sw_err *err);

#endif
