/* http_conn.h - a connection and the server, as the files of http/ see them.
 *
 * A connection goes through these phases once per request.  Bytes are read in every phase, so that a closed connection
 * is seen at once; each phase has its own deadline, checked by the server's tick.
 *
 *      IDLE -> HEAD -> BODY -> WORKING -> SENDING -> IDLE ...
 *                 |      |        |          |
 *                 +------+--------+          +-> LINGER -> CLOSING     the answer was the last of this connection
 *        refused: straight to SENDING        +-----------> CLOSING     closed by the client or by a deadline
 *
 * A WebSocket goes from WORKING to WEBSOCKET, where it stays open; from there a Close of either side goes through
 * SENDING and LINGER.
 *
 * Functions of owners (pump, gone, stop) are called from the loop alone, never while an owner's own call into http/ is
 * on the stack: what an owner sends is only appended, and leaves when the loop comes to http_conn_flush.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <uv.h>

#include "base/limits.h"
#include "base/ws_frames.h"
#include "http/http.h"
#include "http/http_body.h"
#include "http/http_head.h"

enum {
    HTTP_ROOM_BYTES = LIMIT_HTTP_SEND_QUEUE_BYTES / 2, // of a stream that may wait; further events wait in their owner
    HTTP_REPLY_BYTES_MAX = 1 << 28,                    // of one answer; owners bound theirs before
    HTTP_LINGER_S = 2,                                 // how long a finished connection is read before it is closed
    HTTP_DRAIN_S = 2,                                  // how long last answers may take when the server stops
    HTTP_READ_BYTES = 65536,
};

typedef enum http_phase {
    HTTP_PHASE_IDLE,      // no byte of a request has arrived
    HTTP_PHASE_HEAD,      // the request's head is arriving
    HTTP_PHASE_BODY,      // its body is arriving
    HTTP_PHASE_WORKING,   // the route or the owner makes the answer
    HTTP_PHASE_WEBSOCKET, // messages go both ways; the deadline is that of a message that is arriving
    HTTP_PHASE_SENDING,   // the answer is complete and on its way
    HTTP_PHASE_LINGER,    // the answer has left; what the client still sends is read and dropped
    HTTP_PHASE_CLOSING,   // closed; the memory is freed when libuv has finished with it
} http_phase;

/* A connection that has become a WebSocket. */
typedef struct http_ws {
    const http_ws_owner *functions;
    ws_frames frames;
    bool is_over;      // the client's Close was read or a frame was refused: what else it sends is dropped
    bool is_held_back; // not read, since answers to what was read wait; what was left is in `early`
    char pong[WS_CONTROL_BYTES_MAX];
    size_t n_pong;
    bool owes_pong;   // to the latest Ping, when there is room
    int n_unanswered; // Pings since the last Pong
    uint64_t ping_ns; // when the last Ping was due
} http_ws;

struct http_conn {
    uv_tcp_t tcp;
    http_server *server;
    http_conn *next, *prev; // all connections of the server
    http_conn *next_ready;  // see http_conn_ready
    bool is_ready;
    uint64_t address; // of the client, see http_address_of
    bool is_away;     // one too many: it gets one answer, and does not count
    http_phase phase;
    uint64_t deadline_ns;   // of the phase; 0: none
    uint64_t idle_since_ns; // valid in PHASE_IDLE

    /* Reading. */
    http_head head;
    http_body body_reader;
    buf early;         // bytes of later requests
    bool early_is_cut; // there were more than are kept: the connection ends with this answer
    bool is_half;      // the client has sent its last byte

    /* The request. */
    http_request request;
    bool has_request; // from the end of its head, or its refusal, to the end of its answer
    char id[132];
    buf body;
    const http_route *route;   // NULL: `problem` says why, or it is OPTIONS
    http_problem problem;      // kind HTTP_OK: none
    const char *origin;        // what Access-Control-Allow-Origin says, or NULL
    const char *asked_headers; // of a preflight, or NULL
    char allow[64];            // methods that the path has

    /* The answer. */
    int status; // 0: not begun
    http_framing framing;
    bool is_stream, is_chunked;
    bool is_complete; // nothing follows what is in `out`
    bool close_after; // this connection is not used again
    bool was_full;    // there was no room: the owner waits for `pump`
    const http_responder *responder;
    void *owner;
    bool is_ws;
    http_ws ws; // if is_ws

    /* Sending. */
    buf out;    // not yet given to libuv
    buf flying; // given to libuv, while is_writing
    bool is_writing;
    uv_write_t write;
    uint64_t n_given;    // bytes given to libuv since the connection began
    uint64_t n_taken;    // of those, taken by the socket at the last look
    uint64_t taken_ns;   // when that number last grew, or nothing waited
    uint64_t written_ns; // when the answer last got bytes; for pings
};

struct http_server {
    http_options options;
    const sw_clock *clock;
    bool is_loopback;      // bound to a loopback address: Host is checked
    int n_connections_max; // what the options and the file limit allow
    uv_loop_t loop;
    uv_async_t wake, stop;
    uv_timer_t tick;
    uv_prepare_t before_poll; // sends what was appended, once per turn of the loop
    uv_idle_t no_wait;        // active while there is more to send: the loop must not block
    uv_poll_t listener;
    bool has_listener; // the handle is open
    bool is_paused;    // out of descriptors: the listener is not watched
    int listen_fd, port;
    http_conn *first;                    // newest first
    http_conn *ready_first, *ready_last; // with bytes to send or an end to handle
    size_t n_ready;
    int n_away; // connections with is_away
    bool is_stopping;
    uint64_t stop_deadline_ns;
    http_stats stats;                 // n_idle and out_bytes are counted when asked for
    char read_bytes[HTTP_READ_BYTES]; // one buffer for all: libuv fills it and hands it over in one go
};

/* ---- http_conn.c: life ------------------------------------------------------------------------------------------ */

/* Takes over a connected socket.  If memory is short, closes it and returns NULL. */
http_conn *http_conn_open(http_server *s, int fd);
/* The same for one connection too many: it gets status 503 and is closed. */
void http_conn_turn_away(http_server *s, int fd);
/* Closes at once, without a call to the owner. */
void http_conn_close(http_conn *c);
/* Closes at once, then calls the owner's `gone` and on_done. */
void http_conn_lose(http_conn *c);
/* Reads from the socket, until uv_read_stop.  Returns false if that cannot be. */
bool http_conn_start_reading(http_conn *c);
/* Reads what was kept in `early`, as if it arrived now. */
void http_conn_read_early(http_conn *c);
/* Ends the sending side; what the client still sends is read. */
void http_conn_shut_down(http_conn *c);
/* Changes the phase and its deadline; 0 seconds: none. */
void http_conn_enter(http_conn *c, http_phase phase, double seconds);
/* The answer has left the process. */
void http_conn_finish(http_conn *c);
/* Checks deadlines. */
void http_conn_tick(http_conn *c, uint64_t now_ns);

/* ---- http_client.c ---------------------------------------------------------------------------------------------- */

/* A number for the address at the other end of a socket. */
uint64_t http_address_of(int fd);

/* ---- http_request.c --------------------------------------------------------------------------------------------- */

/* Reads what has arrived, whatever the phase. */
void http_conn_bytes(http_conn *c, const char *data, size_t n);
/* Answers with what is wrong; the connection is not used again. */
void http_conn_refuse(http_conn *c, http_problem_kind kind, const char *message);

/* ---- http_send.c: bytes on their way out ------------------------------------------------------------------------ */

/* Notes that bytes were appended to `out`. */
void http_conn_appended(http_conn *c);
/* Makes the loop look at the connection before it waits again. */
void http_conn_ready(http_conn *c);
/* Gives the socket what it takes, and acts on what follows: pump, finish, lose. */
void http_conn_flush(http_conn *c);
/* Bytes that wait, in our buffers and libuv's. */
size_t http_conn_waiting(const http_conn *c);
/* Drops the connection from the list of http_conn_ready. */
void http_conn_forget(http_conn *c);
/* Flushes what was ready at the call. */
void http_flush_ready(http_server *s);

/* ---- http_accept.c, http_server.c ------------------------------------------------------------------------------- */

/* Accepts connections from now on; if that cannot be, the tick tries again. */
void http_watch_listener(http_server *s);
/* Closes the listening socket. */
void http_stop_listening(http_server *s);
/* Lets deadlines be checked, for as long as there are any. */
void http_start_tick(http_server *s);

/* ---- http_admit.c ----------------------------------------------------------------------------------------------- */

/* Gives the request its id: the client's, if it may be shown, or a new one. */
void http_admit_id(http_conn *c);
/* Decides from the head what becomes of the request: sets `route`, `origin` and so on, or `problem`. */
void http_admit(http_conn *c);
/* Checks whether the body can be read.  Returns false and sets `problem` if not; the request's end is then unknown. */
bool http_admit_body(http_conn *c);

/* ---- http_reply.c, http_stream.c -------------------------------------------------------------------------------- */

/* The answer to c->problem. */
void http_reply_problem(http_conn *c);
/* Begins an answer with status line and the headers that every answer has. */
void http_head_begin(http_conn *c, int status);
void http_head_add(http_conn *c, const char *name, const char *value);
void http_head_add_fields(http_conn *c, const http_field *fields);
void http_head_end(http_conn *c);
/* Nothing follows: the owner has done its part. */
void http_answer_ends(http_conn *c);
/* Appends the comment of a silent event stream. */
void http_stream_ping(http_conn *c);

/* ---- http_ws.c, http_ws_handshake.c ----------------------------------------------------------------------------- */

/* Returns true if the request asks for a WebSocket, in whatever form. */
bool http_ws_is_upgrade(const http_conn *c);
/* Reads up to the end of a message or control frame and acts on it; returns how many bytes are done with. */
size_t http_ws_bytes(http_conn *c, const char *data, size_t n);
/* Everything that was appended has been taken by the socket. */
void http_ws_drained(http_conn *c);
/* Checks deadlines, in PHASE_WEBSOCKET. */
void http_ws_tick(http_conn *c, uint64_t now_ns);

static inline uint64_t http_now(const http_server *s)
{
    return s->clock->now_ns(s->clock->ud);
}

static inline uint64_t http_seconds_ns(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

#endif
