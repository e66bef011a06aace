/* exchange_answer.c - the events of an exchange's jobs on their way to its outlet.  Network thread. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "server/exchange_state.h"

/* ---- the stream ------------------------------------------------------------------------------------------------- */

typedef struct outlet_sink {
    event_sink sink; // first, so that emit finds the rest
    outlet out;
} outlet_sink;

static void emit(event_sink *sink, const char *name, const char *payload, size_t n)
{
    const outlet *const out = &((outlet_sink *)sink)->out;
    out->ops->event(out->to, name, payload, n);
}

static outlet_sink sink_of(const exchange *x)
{
    return (outlet_sink){.sink = {.emit = emit}, .out = x->out};
}

/* The stream, to be written to `sink`. */
static dialect_stream *stream_to(exchange *x, outlet_sink *sink)
{
    x->stream.sink = &sink->sink;
    x->stream.time_ms = ns_to_ms(clock_now_ns(x->server->o.clock) - x->arrived_ns);
    return &x->stream;
}

static size_t number_of(const exchange_choice *choice)
{
    return (size_t)(choice - choice->x->choices);
}

/* Breaks the connection, because part of the answer is lost. */
static void drop(exchange *x)
{
    api_error error;
    api_fail(&error, API_OUT_OF_MEMORY, NULL, "a part of the answer is lost");
    exchange_count_failed(x, &error);
    x->out.ops->drop(x->out.to);
    exchange_detach(x);
}

void exchange_fail(exchange *x, const api_error *error)
{
    exchange_count_failed(x, error);
    if (x->has_begun && x->is_stream) {
        // The status is sent: a client learns of the failure from the event, and from the end that is missing.
        outlet_sink sink = sink_of(x);
        x->family->fail(stream_to(x, &sink), error);
        x->out.ops->end(x->out.to, /*is_broken=*/true);
    } else {
        outlet_reply_error(x->out, x->family, error);
    }
    exchange_detach(x);
}

bool exchange_announce(exchange *x)
{
    outlet_sink sink = sink_of(x);
    if (x->family->accepted == NULL)
        return true;
    x->family->accepted(stream_to(x, &sink), sw_engine_get_state(model_handle_engine(x->handle)).n_jobs_waiting);
    if (sink.sink.failed)
        drop(x);
    return !sink.sink.failed;
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

static bool next_logprobs(void *ud, sw_logprobs *out)
{
    buf *const rest = ud; // data and size are what is left
    if (rest->size == 0)
        return false;
    const char *pos = rest->data;
    logprobs_unpack(&pos, out);
    rest->size -= (size_t)(pos - rest->data);
    rest->data += pos - rest->data;
    return true;
}

/* What the answers of x were given as: arrays of n_choices. */
typedef struct answer_parts {
    whole_choice *choices;
    logprob_source *sources;
    buf *rests; // views of logprobs: nothing is appended to them
    const sw_event **done;
} answer_parts;

/* NULL: they were not asked for. */
static const int32_t *token_ids_of(const exchange_choice *c)
{
    static const int32_t NONE[1];
    if (!c->x->wants_token_ids)
        return NULL;
    return c->token_ids.size > 0 ? (const int32_t *)(const void *)c->token_ids.data : NONE;
}

static bool make_parts(const exchange *x, answer_parts *p)
{
    const size_t n = x->n_choices;
    *p = (answer_parts){mem_calloc(n, sizeof *p->choices), mem_calloc(n, sizeof *p->sources),
                        mem_calloc(n, sizeof *p->rests), mem_calloc(n, sizeof *p->done)};
    if (p->choices == NULL || p->sources == NULL || p->rests == NULL || p->done == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const exchange_choice *const c = &x->choices[i];
        p->rests[i] = c->logprobs;
        p->sources[i] = (logprob_source){next_logprobs, &p->rests[i]};
        p->choices[i] = (whole_choice){.content = &c->content,
                                       .reasoning = &c->reasoning,
                                       .logprobs = x->wants_logprobs ? &p->sources[i] : NULL,
                                       .embedding = (const float *)(const void *)c->embedding.data,
                                       .n_embd = c->embedding.size / sizeof(float),
                                       .token_ids = token_ids_of(c),
                                       .done = &c->done};
        p->done[i] = &c->done;
    }
    return true;
}

static void free_parts(answer_parts *p)
{
    mem_free(p->choices);
    mem_free(p->sources);
    mem_free(p->rests);
    mem_free(p->done);
}

static void end_document(exchange *x, const answer_parts *parts, const sw_event *total)
{
    const http_field fields[2] = {x->ignored[0] != '\0' ? (http_field){"spillway-ignored", x->ignored}
                                                        : (http_field){0}};
    const whole_answer answer = {parts->choices, x->n_choices, *total};
    buf document;
    buf_init(&document, (size_t)LIMIT_ANSWER_BYTES * 8); // JSON escapes a byte with six at most
    x->family->write_answer(&document, &x->head, &answer);
    x->out.ops->reply(x->out.to, 200, x->family->content_type, fields, &document);
}

/* Returns false if an event was lost. */
static bool end_stream(exchange *x, const sw_event *total)
{
    outlet_sink sink = sink_of(x);
    x->family->end(stream_to(x, &sink), total);
    if (!sink.sink.failed)
        x->out.ops->end(x->out.to, /*is_broken=*/false);
    return !sink.sink.failed;
}

/* When the first token of any answer came. */
static uint64_t first_token_ns(exchange *x)
{
    uint64_t first = x->n_choices > 0 ? UINT64_MAX : clock_now_ns(x->server->o.clock);
    for (size_t i = 0; i < x->n_choices; i++) {
        const uint64_t ns = event_queue_first_token_ns(&x->choices[i].events);
        first = ns > 0 && ns < first ? ns : first;
    }
    return first;
}

void exchange_end(exchange *x)
{
    answer_parts parts;
    bool is_whole = make_parts(x, &parts);
    if (is_whole) {
        const sw_event total = dialect_total(parts.done, x->n_choices, x->head.n_choices);
        x->head.ttft_ms = ns_to_ms(first_token_ns(x) - x->arrived_ns);
        if (x->is_stream)
            is_whole = end_stream(x, &total);
        else
            end_document(x, &parts, &total);
        if (is_whole)
            exchange_count_answered(x, &total);
    }
    free_parts(&parts);
    if (is_whole)
        exchange_detach(x);
    else
        drop(x);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

/* The engine's own figure begins when the job is submitted, after the wait for the intake and for a model. */
static void note_first_token(exchange_choice *choice)
{
    exchange *const x = choice->x;
    x->head.ttft_ms = ns_to_ms(event_queue_first_token_ns(&choice->events) - x->arrived_ns);
}

/* Returns false if an event was lost. */
static bool end_choice(exchange_choice *choice, const sw_event *done)
{
    exchange *const x = choice->x;
    outlet_sink sink = sink_of(x);
    note_first_token(choice);
    x->stream.token_ids = token_ids_of(choice);
    if (x->is_stream)
        x->family->end_choice(stream_to(x, &sink), number_of(choice), done);
    return !sink.sink.failed;
}

static bool fail_because(exchange *x, api_situation what, const char *message)
{
    api_error error;
    api_fail(&error, what, NULL, "%s", message);
    exchange_fail(x, &error);
    return false;
}

/* Adds the experts of a job that is over; with the last one they are shown and kept.  False when memory is short. */
static bool add_experts(exchange_choice *choice)
{
    exchange *const x = choice->x;
    if (!x->wants_experts)
        return true;
    if (!request_experts_add(&x->experts, choice->job))
        return false;
    if (x->n_over < x->n_choices)
        return true;
    x->head.experts = request_experts_json(&x->experts);
    expert_requests_keep(&x->server->expert_requests, &x->experts);
    return x->head.experts != NULL;
}

/* Keeps the ids of a job that is over.  False when memory is short. */
static bool add_token_ids(exchange_choice *choice)
{
    const int32_t *ids;
    size_t n;
    if (!choice->x->wants_token_ids)
        return true;
    if (sw_job_tokens(choice->job, &ids, &n, NULL) != SW_OK)
        return false;
    buf_append(&choice->token_ids, ids, n * sizeof *ids);
    return choice->token_ids.failed == SW_OK;
}

static bool on_done(exchange_choice *choice, const sw_event *done)
{
    exchange *const x = choice->x;
    if (done->finish == SW_FINISH_CANCELED && !x->is_cancelled)
        return fail_because(x, API_SHUTTING_DOWN, "the generation was stopped by the server");
    if (choice->content.failed != SW_OK || choice->reasoning.failed != SW_OK || choice->logprobs.failed != SW_OK ||
        choice->embedding.failed != SW_OK)
        return fail_because(x, API_OUT_OF_MEMORY, "the answer is too long to be kept; ask for a stream");
    choice->done = *done;
    choice->is_over = true;
    x->n_over++;
    if (!add_experts(choice))
        return fail_because(x, API_OUT_OF_MEMORY, "not enough memory for the use of experts");
    if (!add_token_ids(choice))
        return fail_because(x, API_OUT_OF_MEMORY, "not enough memory for the ids of the tokens");
    if (!end_choice(choice, done)) {
        drop(x);
        return false;
    }
    sw_job_release(choice->job);
    choice->job = NULL;
    if (x->n_over == x->n_choices) {
        exchange_end(x);
        return false;
    }
    return x->n_over < x->n_submitted || exchange_next_wave(x);
}

/* Keeps what the whole answer is made of. */
static void keep_event(exchange_choice *choice, const sw_event *e)
{
    if (e->type == SW_EVENT_TOKEN)
        buf_append(e->kind == SW_TEXT_REASONING ? &choice->reasoning : &choice->content, e->text, e->n_bytes);
    if (e->type == SW_EVENT_EMBEDDING)
        buf_append(&choice->embedding, e->embedding, (size_t)e->n_embd * sizeof *e->embedding);
    if (e->logprobs != NULL)
        logprobs_pack(&choice->logprobs, e->logprobs);
}

/* Writes an event that does not end the answer. */
static void write_event(exchange_choice *choice, const sw_event *e, dialect_stream *stream)
{
    exchange *const x = choice->x;
    if (!choice->has_begun && e->type != SW_EVENT_DONE)
        x->family->begin(stream, number_of(choice));
    choice->has_begun = true;
    if (e->type == SW_EVENT_TOKEN && x->head.timings_per_token)
        note_first_token(choice);
    if (e->type == SW_EVENT_TOKEN || e->type == SW_EVENT_PROMPT_TOKEN)
        x->family->text(stream, number_of(choice), e);
    else if (e->type == SW_EVENT_PROGRESS && x->wants_progress)
        x->family->progress(stream, number_of(choice), e,
                            ns_to_ms(clock_now_ns(x->server->o.clock) - choice->accepted_ns));
}

/* Sends an event that does not end the answer.  Returns false if the exchange ended. */
static bool pass_on(exchange_choice *choice, const sw_event *e)
{
    exchange *const x = choice->x;
    outlet_sink sink = sink_of(x);
    if (e->type == SW_EVENT_ACCEPTED) {
        choice->accepted_ns = clock_now_ns(x->server->o.clock);
        x->head.n_prompt = e->n_prompt;
        x->head.n_cached = e->n_cached;
    }
    if (x->is_stream)
        write_event(choice, e, stream_to(x, &sink));
    else
        keep_event(choice, e);
    if (sink.sink.failed)
        drop(x);
    return !sink.sink.failed;
}

/* Returns false if the exchange ended. */
static bool take_event(exchange_choice *choice, const sw_event *e)
{
    api_error error;
    switch (e->type) {
    case SW_EVENT_ACCEPTED:
    case SW_EVENT_PROGRESS:
    case SW_EVENT_PROMPT_TOKEN:
    case SW_EVENT_EMBEDDING:
    case SW_EVENT_TOKEN: return pass_on(choice, e);
    case SW_EVENT_DONE: return on_done(choice, e);
    case SW_EVENT_ERROR: break;
    }
    api_from_engine(&error, e->error, /*n_ctx=*/0);
    exchange_fail(choice->x, &error);
    return false;
}

/* What became of the events that were taken from a queue. */
typedef enum progress { ALL_SENT, NO_ROOM, ENDED } progress;

static progress send_taken(exchange_choice *choice)
{
    const exchange *const x = choice->x;
    for (;;) {
        sw_event e;
        if (x->is_stream && !x->out.ops->has_room(x->out.to))
            return NO_ROOM;
        if (!event_reader_next(&choice->reader, &e))
            return ALL_SENT;
        if (!take_event(choice, &e))
            return ENDED;
        if (choice->is_over)
            return ALL_SENT;
    }
}

bool exchange_look_at(exchange_choice *choice)
{
    progress p = send_taken(choice);
    if (p != ALL_SENT || choice->is_over)
        return p != ENDED;
    buf_free(&choice->taken);
    exchange_count_gaps(choice);
    const bool is_whole = event_queue_take(&choice->events, &choice->taken);
    choice->reader = (event_reader){.bytes = &choice->taken};
    if (is_whole)
        return send_taken(choice) != ENDED;
    drop(choice->x); // memory ran out
    return false;
}
