/* transfer_parts.h - the inside of a transfer, shared by its files: life, receiving, WebSocket, end. */
#ifndef CLIENT_TRANSFER_PARTS_H
#define CLIENT_TRANSFER_PARTS_H

#include <curl/curl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "client/chat_stream.h"
#include "client/question.h"
#include "client/sse.h"
#include "client/transfer.h"
#include "client/ws_dialog.h"

enum {
    TRANSFER_BODY_BYTES_MAX = 1024 * 1024,         // of responses that are no answer
    TRANSFER_WHOLE_BYTES_MAX = LIMIT_ANSWER_BYTES, // of an answer as one document
    TRANSFER_SOCKETS_MAX = 4,                      // one per address family that is tried at the same time
};

/* What a body is.  Its first character decides and not its content type, which servers and proxies get wrong in both
 * directions: an event stream begins with a field name or a colon, a document with a bracket, a quote or "<". */
typedef enum body_form { BODY_UNKNOWN, BODY_EVENTS, BODY_DOCUMENT } body_form;

struct chat_transfer {
    transfer_options o; // model and plan are not read after creation
    const sw_clock *clock;
    CURL *easy;
    json_t *request;  // the document that is sent
    unsigned dropped; // fields that were removed from it, because the server named them when it refused it
    sse_reader sse;
    ws_dialog dialog; // of ROUTE_SHIMMY_WS
    chat_stream stream;
    buf body;          // of a document: all of it; of an event stream: its beginning
    uint64_t start_ns; // before connecting
    uint64_t t0_ns;    // first byte of the request about to be written; once is_connected
    bool is_connected;
    int64_t headers_ns;                // since t0; -1: not yet
    int64_t bytes_ns;                  // arrival of the bytes being parsed, since t0
    bool has_time;                     // bytes_ns is of this turn of the loop
    bool has_headers;                  // of a WebSocket: the response to the upgrade
    bool has_asked;                    // ... and the question was sent
    int sockets[TRANSFER_SOCKETS_MAX]; // of a WebSocket: those that curl opened to connect, the latest ones
    size_t n_sockets;
    int socket; // of them, the one that is connected, or -1
    body_form form;
    bool has_body;         // a byte of it has come
    atomic_bool must_stop; // transfer_cancel
    bool has_ended;
    answer_record answer;             // once it has ended
    char curl_error[CURL_ERROR_SIZE]; // what curl says of a failure, or ""
};

/* Nanoseconds since t0, or since the start while there is no connection. */
int64_t transfer_since_t0(const chat_transfer *t, uint64_t now_ns);
/* The HTTP status of the latest response, 0 without one. */
long transfer_status(const chat_transfer *t);
bool transfer_is_ws(const chat_transfer *t);
/* Readies the handle for the request as it is now. */
SW_NODISCARD sw_code transfer_set_request(chat_transfer *t, sw_err *err);
/* What curl calls on the thread of the loop. */
void transfer_set_callbacks(chat_transfer *t);
/* Forgets what was received, if anything. */
void transfer_begin_receiving(chat_transfer *t);

/* ---- WebSocket -------------------------------------------------------------------------------------------------- */

/* Readies the handle for a question as the first message. */
SW_NODISCARD sw_code transfer_ws_prepare(chat_transfer *t, const char *json, sw_err *err);
/* The connection is open, from `local_port` of this machine. */
void transfer_ws_connected(chat_transfer *t, int local_port);
/* The headers of a response are complete. */
void transfer_ws_headers(chat_transfer *t);
/* Bytes of an open WebSocket.  Returns false to end the transfer. */
bool transfer_ws_take(chat_transfer *t, const char *bytes, size_t n);
/* Returns true if nothing more can come; a connection that broke is a failure then. */
bool transfer_ws_is_over(chat_transfer *t);

#endif
