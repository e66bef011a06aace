/* transfer_end.c - when a transfer ends, and what its answer is then.
 *
 * The first failure wins: a limit, a broken stream, the connection or an HTTP status, in the order in which they are
 * seen.
 */
#include "client/connect_error.h"
#include "client/ollama_stream.h"
#include "client/transfer_parts.h"

enum {
    DONE_GRACE_S = 2, // for the connection to end in good order after [DONE]
    LATE_MAX = 1000,  // pieces of text after [DONE] that are counted
};

/* ---- limits ----------------------------------------------------------------------------------------------------- */

void transfer_cancel(chat_transfer *t)
{
    atomic_store_explicit(&t->must_stop, true, memory_order_relaxed); // a flag alone: nothing is published with it
}

static bool is_canceled(const chat_transfer *t)
{
    return atomic_load_explicit(&t->must_stop, memory_order_relaxed) ||
           (t->o.cancel != NULL && atomic_load_explicit(t->o.cancel, memory_order_relaxed));
}

/* Returns true if there is a limit and it is passed. */
static bool is_over(double limit_s, double value_s)
{
    return limit_s > 0 && value_s > limit_s;
}

/* Fails the stream if a limit is passed. */
static void check_limits(chat_transfer *t)
{
    const transfer_limits *const limits = &t->o.limits;
    chat_stream *const s = &t->stream;
    const uint64_t now_ns = clock_now_ns(t->clock);
    const double whole_s = (double)(now_ns - t->start_ns) / 1e9;
    const double now_s = (double)transfer_since_t0(t, now_ns) / 1e9;
    const double newest_s = s->n_arrivals > 0 ? (double)s->arrivals[s->n_arrivals - 1].t_ns / 1e9 : 0;
    if (is_over(limits->deadline_s, whole_s))
        chat_stream_fail(s, TEST_TIMEOUT, "not finished within %g s", limits->deadline_s);
    else if (!t->is_connected && is_over(limits->connect_s, whole_s))
        chat_stream_fail(s, TEST_TIMEOUT, "no connection to %s within %g s", target_base(t->o.target),
                         limits->connect_s);
    else if (t->is_connected && !s->is_whole && s->n_arrivals == 0 && is_over(limits->first_token_s, now_s))
        chat_stream_fail(s, TEST_TIMEOUT, "no token within %g s", limits->first_token_s);
    else if (s->n_arrivals > 0 && is_over(limits->idle_s, now_s - newest_s))
        chat_stream_fail(s, TEST_TIMEOUT, "no token for %g s in the middle of the answer", limits->idle_s);
}

bool transfer_may_go_on(chat_transfer *t)
{
    chat_stream *const s = &t->stream;
    if (transfer_is_ws(t) && transfer_ws_is_over(t))
        return false;
    if (s->done_ns >= 0) // the answer is whole; only the connection has not ended
        return !is_canceled(t) && s->n_late < LATE_MAX &&
               (double)(transfer_since_t0(t, clock_now_ns(t->clock)) - s->done_ns) / 1e9 < DONE_GRACE_S;
    if (is_canceled(t))
        chat_stream_fail(s, TEST_CANCELED, "canceled");
    else
        check_limits(t);
    return !s->has_failed;
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

/* A response with status 200 to a question for one document. */
static void judge_whole(chat_transfer *t, CURLcode verdict)
{
    chat_stream *const s = &t->stream;
    if (t->body.failed == SW_ELIMIT)
        chat_stream_fail(s, TEST_BAD_STREAM, "the answer has more than %d bytes", TRANSFER_WHOLE_BYTES_MAX);
    else if (verdict != CURLE_OK)
        chat_stream_fail(s, TEST_INCOMPLETE, "the connection broke: %s",
                         connect_error_reason((int)verdict, t->curl_error));
    else if (t->form == BODY_EVENTS)
        chat_stream_fail(s, TEST_BAD_STREAM, "the server answered with an event stream instead of one document");
    else if (t->o.route == ROUTE_OLLAMA)
        ollama_stream_line(s, buf_str(&t->body), t->body.size, t->bytes_ns);
    else
        chat_stream_document(s, buf_str(&t->body), t->body.size, t->bytes_ns);
}

/* Turns what curl and HTTP say into the stream's failure, if there is one. */
static void judge(chat_transfer *t, CURLcode verdict, long http_status)
{
    chat_stream *const s = &t->stream;
    char why[CONNECT_ERROR_BYTES];
    connect_error_text(why, target_base(t->o.target), (int)verdict, t->curl_error);
    if (verdict != CURLE_OK && !t->is_connected)
        chat_stream_fail(s, TEST_CONNECT_FAILED, "%s", why);
    else if (transfer_is_ws(t) && http_status == 101)
        chat_stream_fail(s, TEST_INCOMPLETE, "the connection broke: %s",
                         connect_error_reason((int)verdict, t->curl_error));
    else if (t->o.is_whole && http_status == 200)
        judge_whole(t, verdict);
    else if (t->o.route == ROUTE_OLLAMA && http_status == 200 && verdict == CURLE_OK && t->body.size > 0)
        ollama_stream_line(s, buf_str(&t->body), t->body.size, t->bytes_ns); // without a line end
    else if (t->form == BODY_DOCUMENT || (http_status != 200 && http_status != 0))
        chat_stream_fail_document(s, http_status, buf_str(&t->body), t->body.size);
    else if (verdict != CURLE_OK)
        chat_stream_fail(s, TEST_INCOMPLETE, "the connection broke: %s",
                         connect_error_reason((int)verdict, t->curl_error));
    else
        chat_stream_fail_no_event(s, buf_str(&t->body), t->body.size);
}

bool transfer_ask_again(chat_transfer *t, int verdict)
{
    const long status = transfer_status(t);
    if (verdict != (int)CURLE_OK || t->stream.has_failed || (status != 400 && status != 422))
        return false;
    const unsigned refused = question_drop(t->request, buf_str(&t->body));
    if (refused == 0 || transfer_set_request(t, NULL) != SW_OK)
        return false;
    t->dropped |= refused;
    transfer_begin_receiving(t);
    return true;
}

/* The answer's times are complete after this: the end is [DONE] if it came, or else now. */
void transfer_end(chat_transfer *t, int verdict)
{
    const long http_status = transfer_status(t);
    judge(t, (CURLcode)verdict, http_status);
    t->answer = chat_stream_finish(&t->stream, transfer_since_t0(t, clock_now_ns(t->clock)));
    t->answer.http_status = (int)http_status;
    if (t->dropped != 0 && http_status == 200) // else the refusal was for another reason, and quoted the request
        target_refuses(t->o.target, t->dropped);
    t->answer.headers_ns = t->headers_ns;
    t->answer.connect_ns = t->is_connected ? (int64_t)(t->t0_ns - t->start_ns) : -1;
    t->has_ended = true;
}
