/* transfer.c - turns what curl reports about one request into an answer record.
 *
 * The first failure wins: a limit, a broken stream, the connection or an HTTP status, in the order in which they are
 * seen.
 */
#include "client/transfer.h"

#include <curl/curl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "client/chat_stream.h"
#include "client/connect_error.h"
#include "client/question.h"
#include "client/sse.h"

enum {
    DONE_GRACE_S = 2,                     // for the connection to end in good order after [DONE]
    BODY_BYTES_MAX = 1024 * 1024,         // of responses that are no answer
    WHOLE_BYTES_MAX = LIMIT_ANSWER_BYTES, // of an answer as one document
    EXCERPT_BYTES = 256                   // of an event stream, kept for an error message
};

/* What a body is.  Its first character decides and not its content type, which servers and proxies get wrong in both
 * directions: an event stream begins with a field name or a colon, a document with a bracket, a quote or "<". */
typedef enum body_form { BODY_UNKNOWN, BODY_EVENTS, BODY_DOCUMENT } body_form;

struct chat_transfer {
    transfer_options o; // model and plan are not read after creation
    const sw_clock *clock;
    CURL *easy;
    json_t *request; // the document that is sent
    sse_reader sse;
    chat_stream stream;
    buf body;          // of a document: all of it; of an event stream: its beginning
    uint64_t start_ns; // before connecting
    uint64_t t0_ns;    // first byte of the request about to be written; once is_connected
    bool is_connected;
    int64_t headers_ns; // since t0; -1: not yet
    int64_t bytes_ns;   // arrival of the bytes being parsed, since t0
    bool has_time;      // bytes_ns is of this turn of the loop
    body_form form;
    bool has_body;         // a byte of it has come
    atomic_bool must_stop; // transfer_cancel
    bool has_ended;
    answer_record answer;             // once it has ended
    char curl_error[CURL_ERROR_SIZE]; // what curl says of a failure, or ""
};

/* Nanoseconds since t0, or since the start while there is no connection. */
static int64_t since_t0(const chat_transfer *t, uint64_t now_ns)
{
    return (int64_t)(now_ns - (t->is_connected ? t->t0_ns : t->start_ns));
}

/* ---- what curl calls, on the thread of the loop ----------------------------------------------------------------- */

/* The connection is open and the request is about to be written: t0. */
static int on_connected(void *ud, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    chat_transfer *const t = ud;
    t->t0_ns = clock_now_ns(t->clock);
    t->is_connected = true;
    return CURL_PREREQFUNC_OK;
}

/* Called for every header line; the empty line ends the headers.  An interim response (100) has headers of its own, so
 * the last empty line before the body counts; trailers after the body have one too. */
static size_t on_header(char *line, size_t size, size_t n, void *ud)
{
    chat_transfer *const t = ud;
    (void)line;
    if (n * size <= 2 && !t->has_body)
        t->headers_ns = since_t0(t, clock_now_ns(t->clock));
    return n * size;
}

/* White space and a byte order mark at the start decide nothing. */
static body_form form_of(const chat_transfer *t, const char *bytes, size_t n)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return BODY_DOCUMENT;
    size_t i = 0;
    while (i < n && bytes[i] != '\0' && strchr(" \t\r\n\xef\xbb\xbf", bytes[i]) != NULL)
        i++;
    if (i == n)
        return BODY_UNKNOWN;
    return bytes[i] != '\0' && strchr("{[<\"", bytes[i]) != NULL ? BODY_DOCUMENT : BODY_EVENTS;
}

static void on_event(void *ud, const char *name, const char *data, size_t n)
{
    chat_transfer *const t = ud;
    chat_stream_event(&t->stream, name, data, n, t->bytes_ns);
}

/* Keeps the first bytes, for an error message. */
static void keep_excerpt(chat_transfer *t, const char *bytes, size_t n)
{
    if (t->body.size < EXCERPT_BYTES)
        buf_append(&t->body, bytes, n < EXCERPT_BYTES ? n : EXCERPT_BYTES);
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *ud)
{
    chat_transfer *const t = ud;
    if (!t->has_time) // before anything else is done with them
        t->bytes_ns = since_t0(t, clock_now_ns(t->clock));
    t->has_time = true;
    t->has_body = true;
    if (t->form == BODY_UNKNOWN)
        t->form = form_of(t, bytes, n * size);
    if (t->form != BODY_EVENTS || t->o.is_whole) {
        buf_append(&t->body, bytes, n * size);
        return t->body.failed == SW_OK ? n * size : 0;
    }
    keep_excerpt(t, bytes, n * size);
    sw_err err = {0};
    if (sse_feed(&t->sse, bytes, n * size, &err) != SW_OK) {
        chat_stream_fail(&t->stream, TEST_BAD_STREAM, "%s", err.msg);
        return 0; // ends the transfer
    }
    return n * size;
}

void transfer_begin_turn(chat_transfer *t)
{
    t->has_time = false;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Readies the handle for the request as it is now. */
static sw_code set_request(chat_transfer *t, sw_err *err)
{
    char *const json = json_dumps(t->request, JSON_COMPACT);
    if (json == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a request");
    const sw_code code = target_prepare(t->o.target, t->easy, "/v1/chat/completions", json, err);
    mem_free(json);
    return code;
}

static json_t *request_of(const transfer_options *o)
{
    return question_document(&(question){
        .model = o->model,
        .plan = o->plan,
        .software = target_software(o->target),
        .nonce = target_next_nonce(o->target),
        .refused = target_refused_fields(o->target),
        .is_whole = o->is_whole,
        .avoids_prefix = o->avoids_prefix,
        .wants_experts = o->wants_experts,
        .wants_token_counts = o->wants_token_counts,
    });
}

static void set_callbacks(chat_transfer *t)
{
    // transfer_may_go_on watches the time, by the transfer's clock; curl's own bound (300 s) must not come before it.
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, 24 * 3600L);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_error);
}

sw_code transfer_create(chat_transfer **out, const transfer_options *options, const sw_clock *clock, sw_err *err)
{
    *out = NULL;
    chat_transfer *const t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a request");
    t->o = *options;
    t->clock = clock;
    t->headers_ns = -1;
    atomic_init(&t->must_stop, false);
    sse_init(&t->sse, on_event, t);
    chat_stream_init(&t->stream);
    t->stream.max_tokens = options->plan->max_tokens;
    t->stream.is_whole = options->is_whole;
    buf_init(&t->body, options->is_whole ? WHOLE_BYTES_MAX : BODY_BYTES_MAX);
    t->easy = curl_easy_init();
    t->request = request_of(options);
    sw_code code = SW_OK;
    if (t->request == NULL || t->easy == NULL)
        code = sw_fail(err, SW_ENOMEM, "the request for '%s' cannot be written as JSON", options->plan->name);
    else
        code = set_request(t, err);
    if (code != SW_OK) {
        transfer_free(t);
        return code;
    }
    set_callbacks(t);
    t->start_ns = clock_now_ns(clock);
    *out = t;
    return SW_OK;
}

void transfer_free(chat_transfer *t)
{
    if (t == NULL)
        return;
    curl_easy_cleanup(t->easy);
    json_decref(t->request);
    sse_free(&t->sse);
    chat_stream_free(&t->stream);
    buf_free(&t->body);
    mem_free(t);
}

void *transfer_handle(const chat_transfer *t)
{
    return t->easy;
}

void *transfer_ud(const chat_transfer *t)
{
    return t->o.ud;
}

bool transfer_has_ended(const chat_transfer *t)
{
    return t->has_ended;
}

size_t transfer_n_events(const chat_transfer *t)
{
    return t->stream.n_arrivals;
}

double transfer_elapsed_s(const chat_transfer *t)
{
    return (double)since_t0(t, clock_now_ns(t->clock)) / 1e9;
}

const answer_record *transfer_answer(const chat_transfer *t)
{
    return &t->answer;
}

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
    const double now_s = (double)since_t0(t, now_ns) / 1e9;
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
    if (s->done_ns >= 0) // the answer is whole; only the connection has not ended
        return !is_canceled(t) && (double)(since_t0(t, clock_now_ns(t->clock)) - s->done_ns) / 1e9 < DONE_GRACE_S;
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
        chat_stream_fail(s, TEST_BAD_STREAM, "the answer has more than %d bytes", WHOLE_BYTES_MAX);
    else if (verdict != CURLE_OK)
        chat_stream_fail(s, TEST_INCOMPLETE, "the connection broke: %s",
                         connect_error_reason((int)verdict, t->curl_error));
    else if (t->form == BODY_EVENTS)
        chat_stream_fail(s, TEST_BAD_STREAM, "the server answered with an event stream instead of one document");
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
    else if (t->o.is_whole && http_status == 200)
        judge_whole(t, verdict);
    else if (t->form == BODY_DOCUMENT || (http_status != 200 && http_status != 0))
        chat_stream_fail_document(s, http_status, buf_str(&t->body), t->body.size);
    else if (verdict != CURLE_OK)
        chat_stream_fail(s, TEST_INCOMPLETE, "the connection broke: %s",
                         connect_error_reason((int)verdict, t->curl_error));
    else
        chat_stream_fail_no_event(s, buf_str(&t->body), t->body.size);
}

/* Everything about the first try is forgotten: its times are not those of the answer. */
static void begin_anew(chat_transfer *t)
{
    chat_stream_reset(&t->stream);
    sse_free(&t->sse);
    sse_init(&t->sse, on_event, t);
    buf_clear(&t->body);
    t->form = BODY_UNKNOWN;
    t->has_body = t->has_time = t->is_connected = false;
    t->headers_ns = -1;
    t->curl_error[0] = '\0';
    t->start_ns = clock_now_ns(t->clock);
}

bool transfer_ask_again(chat_transfer *t, int verdict)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (verdict != (int)CURLE_OK || t->stream.has_failed || (status != 400 && status != 422))
        return false;
    const unsigned refused = question_drop(t->request, buf_str(&t->body));
    if (refused == 0 || set_request(t, NULL) != SW_OK)
        return false;
    target_refuses(t->o.target, refused);
    begin_anew(t);
    return true;
}

/* The answer's times are complete after this: the end is [DONE] if it came, or else now. */
void transfer_end(chat_transfer *t, int verdict)
{
    long http_status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &http_status);
    judge(t, (CURLcode)verdict, http_status);
    t->answer = chat_stream_finish(&t->stream, since_t0(t, clock_now_ns(t->clock)));
    t->answer.http_status = (int)http_status;
    t->answer.headers_ns = t->headers_ns;
    t->answer.connect_ns = t->is_connected ? (int64_t)(t->t0_ns - t->start_ns) : -1;
    t->has_ended = true;
}
