/* transfer.h - one chat request under way, from before its connection to its answer.
 *
 * A transfer owns its state, its limits, its cancellation and its result, and shares nothing with its neighbours but
 * the loop that moves it (fleet.h).  Times are taken in the write callback before anything is parsed, by the clock that
 * the transfer was given, once for all bytes of one read: libcurl calls back for every HTTP chunk in it, and the
 * microseconds between these calls are times of the parser, not of the server.
 */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H

#include <stdatomic.h>

#include "base/clock.h"
#include "client/chat_turn.h"
#include "client/target.h"
#include "results/record.h"

/* In seconds; 0: no limit.  They are checked ten times a second or more often. */
typedef struct transfer_limits {
    double connect_s;     // until the connection is open
    double first_token_s; // from t0; a prompt may take minutes on experts that live on disk
    double idle_s;        // between two pieces of text
    double deadline_s;    // for everything, connecting included; the only one for the text of a whole answer
} transfer_limits;

/* By which protocol a question is asked.  All give the same record. */
typedef enum transfer_route {
    ROUTE_OPENAI,     // POST /v1/chat/completions
    ROUTE_SHIMMY_SSE, // POST /api/generate, raw text in an event stream
    ROUTE_SHIMMY_WS,  // the same over /ws/generate
    ROUTE_OLLAMA,     // POST /api/chat, lines of JSON
} transfer_route;

typedef struct transfer_options {
    const chat_target *target; // must outlive the transfer
    const char *model;
    const test_plan *plan;    // read by transfer_create only
    const chat_turn *history; // (n_history) messages before the plan's prompt; as long as the plan
    size_t n_history;
    transfer_route route;
    bool is_whole;           // one document in place of a stream
    bool avoids_prefix;      // no prefix that the server evaluated before is used; see docs/benchmark.md
    bool wants_experts;      // the server is a spillway: asked which experts the answer used, and for its token ids
    bool ignores_eos;        // the server is asked to go on until max_tokens
    bool wants_token_counts; // the server is asked how many tokens each event holds
    transfer_limits limits;
    const atomic_bool *cancel; // set by a signal handler or another thread; may be NULL and shared by many transfers
    void *ud;                  // the caller's, see transfer_ud
} transfer_options;

typedef struct chat_transfer chat_transfer;

/* ---- for those who started a transfer (fleet_add) --------------------------------------------------------------- */

void *transfer_ud(const chat_transfer *transfer);
/* Once true it stays true, and nothing about the transfer changes any more. */
bool transfer_has_ended(const chat_transfer *transfer);
/* Content events so far, and seconds since t0 (since the start while there is no connection). */
size_t transfer_n_events(const chat_transfer *transfer);
double transfer_elapsed_s(const chat_transfer *transfer);
/* What came back.  Views into the transfer; only for one that has ended. */
const answer_record *transfer_answer(const chat_transfer *transfer);
/* NULL is accepted; never one that is still in a fleet. */
void transfer_free(chat_transfer *transfer);

/* ---- for the loop that moves it --------------------------------------------------------------------------------- */

/* Nothing is sent before the handle is in a loop.  The clock must outlive the transfer.  Errors: SW_EINVAL, SW_ENOMEM.
 */
SW_NODISCARD sw_code transfer_create(chat_transfer **out, const transfer_options *options, const sw_clock *clock,
                                     sw_err *err);
/* After curl ended with `verdict` and the handle left the loop: true if the server refused a field that it can do
 * without.  The transfer has begun anew then, without the field, and its handle belongs into the loop again; its limits
 * and times begin anew, too. */
bool transfer_ask_again(chat_transfer *transfer, int verdict);
/* The curl handle (CURL *), whose private pointer is the transfer. */
void *transfer_handle(const chat_transfer *transfer);
/* The loop is about to read from the connections: bytes that come from now on have a new arrival time. */
void transfer_begin_turn(chat_transfer *transfer);
/* Makes transfer_may_go_on false from now on.  Any thread may call it. */
void transfer_cancel(chat_transfer *transfer);
/* Returns false if the transfer was canceled or has passed a limit; its answer then says which. */
bool transfer_may_go_on(chat_transfer *transfer);
/* Ends the transfer.  `verdict` is curl's (a CURLcode), CURLE_OK for one that the loop broke off.  The handle must be
 * out of the loop. */
void transfer_end(chat_transfer *transfer, int verdict);

#endif
