/* transfer_life.c - a transfer from its request to its release, and what its owner may ask. */
#include "client/transfer_parts.h"

int64_t transfer_since_t0(const chat_transfer *t, uint64_t now_ns)
{
    return (int64_t)(now_ns - (t->is_connected ? t->t0_ns : t->start_ns));
}

long transfer_status(const chat_transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

bool transfer_is_ws(const chat_transfer *t)
{
    return t->o.route == ROUTE_SHIMMY_WS;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

sw_code transfer_set_request(chat_transfer *t, sw_err *err)
{
    char *const json = json_dumps(t->request, JSON_COMPACT);
    if (json == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a request");
    sw_code code = SW_OK;
    switch (t->o.route) {
    case ROUTE_OPENAI: code = target_prepare(t->o.target, t->easy, "/v1/chat/completions", json, err); break;
    case ROUTE_SHIMMY_SSE: code = target_prepare(t->o.target, t->easy, "/api/generate", json, err); break;
    case ROUTE_OLLAMA: code = target_prepare(t->o.target, t->easy, "/api/chat", json, err); break;
    case ROUTE_SHIMMY_WS: code = transfer_ws_prepare(t, json, err); break;
    }
    mem_free(json);
    return code;
}

static json_t *request_of(const transfer_options *o)
{
    return question_document(&(question){
        .model = o->model,
        .plan = o->plan,
        .history = o->history,
        .n_history = o->n_history,
        .software = target_software(o->target),
        .nonce = target_next_nonce(o->target),
        .refused = target_refused_fields(o->target),
        .is_generate = o->route == ROUTE_SHIMMY_SSE || o->route == ROUTE_SHIMMY_WS,
        .is_ollama = o->route == ROUTE_OLLAMA,
        .is_whole = o->is_whole,
        .avoids_prefix = o->avoids_prefix,
        .wants_experts = o->wants_experts,
        .ignores_eos = o->ignores_eos,
        .wants_token_counts = o->wants_token_counts,
    });
}

sw_code transfer_create(chat_transfer **out, const transfer_options *options, const sw_clock *clock, sw_err *err)
{
    *out = NULL;
    if (options->route == ROUTE_SHIMMY_WS && options->is_whole)
        return sw_fail(err, SW_EINVAL, "an answer over a WebSocket is always a stream");
    if (options->n_history > 0 && options->route != ROUTE_OPENAI && options->route != ROUTE_OLLAMA)
        return sw_fail(err, SW_EINVAL, "this route takes one prompt, and no earlier messages");
    chat_transfer *const t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a request");
    t->o = *options;
    t->clock = clock;
    t->socket = -1;
    atomic_init(&t->must_stop, false);
    ws_dialog_init(&t->dialog);
    chat_stream_init(&t->stream);
    t->stream.has_no_reasons = options->route == ROUTE_SHIMMY_SSE || options->route == ROUTE_SHIMMY_WS;
    t->stream.max_tokens = options->plan->max_tokens;
    t->stream.is_whole = options->is_whole;
    buf_init(&t->body, options->is_whole ? TRANSFER_WHOLE_BYTES_MAX : TRANSFER_BODY_BYTES_MAX);
    transfer_begin_receiving(t);
    t->easy = curl_easy_init();
    t->request = request_of(options);
    sw_code code = SW_OK;
    if (t->request == NULL || t->easy == NULL)
        code = sw_fail(err, SW_ENOMEM, "the request for '%s' cannot be written as JSON", options->plan->name);
    else
        code = transfer_set_request(t, err);
    if (code != SW_OK) {
        transfer_free(t);
        return code;
    }
    transfer_set_callbacks(t);
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
    ws_dialog_free(&t->dialog);
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
    return (double)transfer_since_t0(t, clock_now_ns(t->clock)) / 1e9;
}

const answer_record *transfer_answer(const chat_transfer *t)
{
    return &t->answer;
}
