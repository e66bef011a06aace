/* openai_completion.c - text completions as documents and chunks, which have the same object name.
 *
 * Log-probabilities have the form that chats left behind: four lists beside each other.  Offsets count characters (code
 * points) of the answer's text, and go on from one chunk to the next.
 */
#include "dialects/openai_completion.h"

#include <math.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "dialects/openai_completion_request.h"
#include "dialects/openai_figures.h"
#include "dialects/openai_stream.h"
#include "json/json_out.h"

/* ---- log-probabilities ------------------------------------------------------------------------------------------ */

/* A token as a key: its text, or its bytes as \xNN where they are not whole characters. */
static void token_name(buf *out, const sw_token_logprob *t)
{
    buf_clear(out);
    if (utf8_valid(t->text, t->n_bytes)) {
        buf_append(out, t->text, t->n_bytes);
        return;
    }
    buf_puts(out, "bytes:");
    for (size_t i = 0; i < t->n_bytes; i++)
        buf_printf(out, "\\x%02x", (unsigned char)t->text[i]);
}

static json_t *name_json(const sw_token_logprob *t)
{
    buf name;
    buf_init(&name, LIMIT_ANSWER_BYTES);
    token_name(&name, t);
    json_t *const value = name.failed == SW_OK ? json_stringn(buf_str(&name), name.size) : NULL;
    buf_free(&name);
    return value;
}

/* null: the first token of a prompt has no probability. */
static json_t *probability_json(float logprob)
{
    return isnan(logprob) ? json_null() : json_real(round((double)logprob * 1e6) / 1e6);
}

static json_t *top_json(const sw_logprobs *l)
{
    if (isnan(l->sampled.logprob))
        return json_null();
    json_t *top = json_object();
    buf name;
    buf_init(&name, LIMIT_ANSWER_BYTES);
    for (int i = 0; i < l->n_top; i++) {
        token_name(&name, &l->top[i]);
        if (name.failed == SW_OK && json_object_getn(top, buf_str(&name), name.size) == NULL)
            json_put(&top, buf_str(&name), probability_json(l->top[i].logprob));
    }
    buf_free(&name);
    return top;
}

static size_t n_characters(const char *text, size_t n_bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < n_bytes; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* The four lists, to which tokens are added. */
typedef struct logprob_lists {
    json_t *tokens, *token_logprobs, *top_logprobs, *text_offset;
} logprob_lists;

static logprob_lists lists_begin(void)
{
    return (logprob_lists){json_array(), json_array(), json_array(), json_array()};
}

static void lists_add(logprob_lists *lists, const sw_logprobs *l, size_t *offset)
{
    json_push(&lists->tokens, name_json(&l->sampled));
    json_push(&lists->token_logprobs, probability_json(l->sampled.logprob));
    json_push(&lists->top_logprobs, top_json(l));
    json_push(&lists->text_offset, json_integer((json_int_t)*offset));
    *offset += n_characters(l->sampled.text, l->sampled.n_bytes);
}

static json_t *lists_end(const logprob_lists *lists)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "tokens", lists->tokens, "token_logprobs", lists->token_logprobs,
                     "top_logprobs", lists->top_logprobs, "text_offset", lists->text_offset);
}

/* ---- documents and chunks --------------------------------------------------------------------------------------- */

static json_t *head_json(const generation_head *head, json_t *choices)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "id", head->id, "object", "text_completion", "created",
                     (json_int_t)head->created, "model", head->model, "system_fingerprint", head->fingerprint,
                     "choices", choices);
}

/* Takes `logprobs` over; `finish` may be NULL. */
static json_t *choice_json(size_t index, const char *text, size_t n, json_t *logprobs, const char *finish)
{
    return json_pack("{s:i, s:s%, s:o, s:s?}", "index", (int)index, "text", text, n, "logprobs", logprobs,
                     "finish_reason", finish);
}

static json_t *whole_logprobs(const logprob_source *source)
{
    if (source == NULL)
        return json_null();
    logprob_lists lists = lists_begin();
    size_t offset = 0;
    sw_logprobs logprobs;
    while (source->next(source->ud, &logprobs))
        lists_add(&lists, &logprobs, &offset);
    return lists_end(&lists);
}

static void write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    json_t *choices = json_array();
    for (size_t i = 0; i < answer->n; i++) {
        const whole_choice *const c = &answer->choices[i];
        json_t *choice = choice_json(i, buf_str(c->content), c->content->size, whole_logprobs(c->logprobs),
                                     openai_finish_name(c->done->finish));
        openai_put_token_ids(&choice, c->token_ids, c->done);
        json_push(&choices, choice);
    }
    json_t *document = head_json(head, choices);
    json_put(&document, "usage", openai_usage_json(&answer->total));
    openai_put_figures(&document, head, /*choice=*/0, &answer->total);
    json_write(out, document);
}

/* ---- the stream ------------------------------------------------------------------------------------------------- */

typedef struct stream_state {
    size_t *offsets; // (head.n_answers) characters of each answer's tokens so far; NULL: none yet
} stream_state;

static void free_state(void *state)
{
    mem_free(((stream_state *)state)->offsets);
}

/* Takes `choice` over.  `event`: how far the answer is. */
static json_t *chunk_json(const generation_head *head, json_t *choice, const sw_event *event)
{
    json_t *chunk = head_json(head, json_pack("[o]", choice));
    openai_put_so_far(&chunk, head, event);
    return chunk;
}

/* The first chunk of each answer is its first text: there is no role to announce. */
static void begin(dialect_stream *s, size_t choice)
{
    (void)s, (void)choice;
}

static void progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    json_t *chunk = chunk_json(s->head, choice_json(choice, "", 0, json_null(), NULL), event);
    json_put(&chunk, "prompt_progress", openai_progress_json(event, time_ms));
    dialect_emit(s->sink, NULL, chunk);
}

static json_t *token_logprobs(dialect_stream *s, size_t choice, const sw_logprobs *logprobs)
{
    stream_state *const state = s->state;
    if (logprobs == NULL)
        return json_null();
    if (state->offsets == NULL)
        state->offsets = mem_calloc(s->head->n_answers, sizeof *state->offsets);
    if (state->offsets == NULL)
        return NULL;
    logprob_lists lists = lists_begin();
    lists_add(&lists, logprobs, &state->offsets[choice]);
    return lists_end(&lists);
}

static void text(dialect_stream *s, size_t choice, const sw_event *event)
{
    json_t *const logprobs = token_logprobs(s, choice, event->logprobs);
    const char *const piece = event->n_bytes > 0 ? event->text : "";
    json_t *const value = choice_json(choice, piece, event->n_bytes, logprobs, NULL);
    dialect_emit(s->sink, NULL, chunk_json(s->head, value, event));
}

static void end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    json_t *last = choice_json(choice, "", 0, json_null(), openai_finish_name(event->finish));
    openai_put_token_ids(&last, s->token_ids, event);
    json_t *finish = chunk_json(s->head, last, event);
    if (!s->head->include_usage)
        openai_put_figures(&finish, s->head, choice, event);
    dialect_emit(s->sink, NULL, finish);
}

static void end(dialect_stream *s, const sw_event *total)
{
    openai_stream_end(s, head_json(s->head, json_array()), total);
}

const dialect OPENAI_COMPLETION = {
    .name = "openai-completion",
    .id_prefix = "cmpl-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = openai_completion_parse,
    .begin = begin,
    .progress = progress,
    .text = text,
    .end_choice = end_choice,
    .end = end,
    .fail = openai_stream_fail,
    .state_bytes = sizeof(stream_state),
    .free_state = free_state,
    .write_answer = write_answer,
    .write_error = api_error_write,
};
