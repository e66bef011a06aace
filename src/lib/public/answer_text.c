/* answer_text.c - the way of one token: parser, stop strings, event.
 *
 * Text can wait in two places: in the parser, until its kind is certain, and with the stop strings, until it is certain
 * that it is none.
 */
#include "public/answer_text.h"

#include "base/limits.h"

enum { TEXT_FIRST_BYTES = 4096 }; // room for text, allocated at submit so that decoding allocates nothing

sw_code answer_text_init(answer_text *a, const answer_options *o, sw_err *err)
{
    *a = (answer_text){.vocab = o->vocab,
                       .ignore_eos = o->ignore_eos,
                       .holds_tokens = o->wants_logprobs && o->n_stop > 0,
                       .on_event = o->on_event,
                       .ud = o->ud};
    buf_init(&a->text, LIMIT_ANSWER_BYTES);
    buf_printf(&a->text, "%*s", TEXT_FIRST_BYTES, "");
    buf_clear(&a->text);
    a->parser = chat_parser_create(o->format, o->vocab);
    const sw_code code = stop_init(&a->stop, o->stop, o->n_stop, err);
    if (code == SW_OK && a->parser == NULL)
        return sw_fail(err, SW_ENOMEM, "job: out of memory");
    return code;
}

void answer_text_free(answer_text *a)
{
    chat_parser_free(a->parser);
    stop_clear(&a->stop);
    held_tokens_clear(&a->held);
    buf_free(&a->text);
}

/* Delivers the first n_bytes of the known text, which may be none, as one event. */
static void deliver_part(answer_text *a, size_t n_bytes, int n_tokens, const sw_logprobs *logprobs)
{
    if (a->text.failed != SW_OK)
        (void)sw_fail(&a->error, a->text.failed, "job: out of memory for the answer's text");
    const char next = buf_str(&a->text)[n_bytes];
    if (next != '\0')
        a->text.data[n_bytes] = '\0';
    const sw_event e = {.type = SW_EVENT_TOKEN,
                        .kind = a->kind,
                        .text = buf_str(&a->text),
                        .n_bytes = n_bytes,
                        .n_tokens = n_tokens,
                        .logprobs = logprobs};
    a->on_event(a->ud, &e);
    if (next != '\0')
        a->text.data[n_bytes] = next;
    a->n_told += a->kind == SW_TEXT_CONTENT ? n_bytes : 0;
    buf_consume(&a->text, n_bytes);
}

/* Delivers all of the known text. */
static void deliver_text(answer_text *a, int n_tokens, const sw_logprobs *logprobs)
{
    deliver_part(a, a->text.size, n_tokens, logprobs);
    buf_clear(&a->text);
}

/* Delivers the tokens that waited and whose text is certain now, each with its part of it. */
static void deliver_held(answer_text *a)
{
    for (const held_token *t; (t = held_tokens_first(&a->held, a->n_shown)) != NULL;) {
        const held_token token = *t;
        held_tokens_pop(&a->held);
        const size_t n = token.end > a->n_told ? (size_t)(token.end - a->n_told) : 0;
        const bool is_last = held_tokens_first(&a->held, a->n_shown) == NULL;
        deliver_part(a, is_last || n > a->text.size ? a->text.size : n, 0, &token.logprobs);
    }
}

/* An event has one kind, so text of the other kind is delivered first. */
static void set_kind(answer_text *a, sw_text_kind kind)
{
    if (kind != a->kind && a->text.size > 0)
        deliver_text(a, 0, NULL);
    a->kind = kind;
}

/* Called by the parser.  Stop strings are looked for in content only. */
static void on_text(void *ud, sw_text_kind kind, const char *text, size_t n)
{
    answer_text *const a = ud;
    set_kind(a, kind);
    if (kind == SW_TEXT_REASONING) {
        buf_append(&a->text, text, n);
        return;
    }
    const size_t n_before = a->text.size;
    stop_feed(&a->stop, text, n, &a->text);
    a->n_read += n;
    a->n_shown += a->text.size - n_before;
}

/* Texts are views into the vocabulary, which outlives the event. */
static void spell(const vocabulary *vocab, sw_token_logprob *t)
{
    const str_view piece = vocab_piece(vocab, t->id, /*render_special=*/true);
    t->text = piece.data;
    t->n_bytes = piece.size;
}

/* The scheduler's probabilities, with the texts of their tokens. */
static sw_logprobs with_texts(const answer_text *a, const sw_logprobs *figures, bool is_content)
{
    sw_logprobs logprobs = *figures;
    logprobs.is_content = is_content;
    spell(a->vocab, &logprobs.sampled);
    for (int i = 0; i < logprobs.n_top; i++)
        spell(a->vocab, &logprobs.top[i]);
    return logprobs;
}

void answer_text_prompt(answer_text *a, const sw_logprobs *figures)
{
    const sw_logprobs logprobs = with_texts(a, figures, true);
    const sw_event e = {.type = SW_EVENT_PROMPT_TOKEN, .logprobs = &logprobs};
    a->on_event(a->ud, &e);
}

/* True if the parser is inside the content, neither in reasoning nor in the frame of a message. */
static bool is_in_content(const answer_text *a)
{
    return chat_parser_kind(a->parser) == SW_TEXT_CONTENT && chat_parser_is_in_text(a->parser);
}

/* Delivers a token of the content when its text is certain.  It counts at once. */
static void hold_token(answer_text *a, const sw_logprobs *logprobs, uint64_t begin)
{
    const bool has_text = vocab_piece(a->vocab, logprobs->sampled.id, false).size > 0;
    const held_token token = {
        .logprobs = *logprobs, .begin = begin, .end = a->n_read, .is_open = has_text && a->n_read == begin};
    if (!held_tokens_add(&a->held, &token))
        (void)sw_fail(&a->error, SW_ENOMEM, "job: out of memory for log-probabilities");
    deliver_held(a);
    deliver_text(a, 1, NULL);
}

/* The parser sees end tokens too, but they are not counted. */
bool answer_text_take(answer_text *a, int32_t id, const sw_logprobs *figures)
{
    const bool is_end = vocab_is_eog(a->vocab, id) && !a->ignore_eos;
    const bool was_in_content = is_in_content(a);
    const bool is_reasoning = chat_parser_kind(a->parser) == SW_TEXT_REASONING;
    const uint64_t begin = a->n_read;
    if (chat_parser_feed(a->parser, id, on_text, a) != SW_OK)
        (void)sw_fail(&a->error, SW_ENOMEM, "job: out of memory for the answer's text");
    if (is_end)
        return false;
    a->n_predicted++;
    a->n_reasoning += is_reasoning;
    sw_logprobs logprobs;
    if (figures != NULL)
        logprobs = with_texts(a, figures, was_in_content && is_in_content(a));
    if (figures != NULL && a->holds_tokens && logprobs.is_content)
        hold_token(a, &logprobs, begin);
    else
        deliver_text(a, 1, figures != NULL ? &logprobs : NULL);
    return !a->stop.has_matched && a->error.code == SW_OK;
}

void answer_text_end(answer_text *a)
{
    if (a->stop.has_matched)
        return;
    if (chat_parser_finish(a->parser, on_text, a) != SW_OK)
        (void)sw_fail(&a->error, SW_ENOMEM, "job: out of memory for the answer's text");
    set_kind(a, SW_TEXT_CONTENT); // only content is ever held back
    const size_t n_before = a->text.size;
    stop_flush(&a->stop, &a->text);
    a->n_shown += a->text.size - n_before;
    held_tokens_end(&a->held, a->n_read);
    deliver_held(a);
    if (a->text.size > 0)
        deliver_text(a, 0, NULL);
}
