/* llama_completion.c - llama-server's completions: one document, an array of several, or a stream of the same objects
 * with a piece of the text each, of which the last has `stop` true.  No [DONE] follows.
 */
#include "dialects/llama_completion.h"

#include "dialects/llama_completion_request.h"
#include "dialects/openai_figures.h"
#include "dialects/openai_logprobs.h"
#include "dialects/openai_stream.h"
#include "json/json_out.h"

/* Which sequence a request gets is the scheduler's affair. */
enum { ID_SLOT = -1 };

/* ---- parts ------------------------------------------------------------------------------------------------------ */

/* An object as every part of an answer has it. */
static json_t *part_json(size_t choice, const char *text, size_t n, bool is_end)
{
    return json_pack("{s:i, s:s%, s:b, s:i}", "index", (int)choice, "content", text, n, "stop", (int)is_end, "id_slot",
                     ID_SLOT);
}

/* Which of the request's stop strings ended the answer; NULL: none. */
static const char *stopping_word(const generation_head *head, const sw_event *done)
{
    const bool is_word =
        done->finish == SW_FINISH_STOP && done->stop_index >= 0 && (size_t)done->stop_index < head->n_stop;
    return is_word ? head->stop[done->stop_index] : NULL;
}

static void put_end(json_t **document, const generation_head *head, size_t choice, const sw_event *done)
{
    const char *const word = stopping_word(head, done);
    const char *const type = done->finish == SW_FINISH_LENGTH ? "limit" : word != NULL ? "word" : "eos";
    json_put(document, "model", json_string(head->model));
    json_put(document, "stop_type", json_string(type));
    json_put(document, "stopping_word", json_string(word != NULL ? word : ""));
    json_put(document, "tokens_predicted", json_integer(done->n_predicted));
    json_put(document, "tokens_evaluated", json_integer(done->n_prompt));
    json_put(document, "tokens_cached", json_integer(done->n_cached));
    openai_put_figures(document, head, choice, done);
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

static json_t *probabilities_json(const logprob_source *source)
{
    json_t *list = json_array();
    sw_logprobs logprobs;
    while (source->next(source->ud, &logprobs))
        json_push(&list, openai_logprob_json(&logprobs, /*with_id=*/true));
    return list;
}

static json_t *answer_json(const generation_head *head, size_t choice, const whole_choice *c)
{
    json_t *document = part_json(choice, buf_str(c->content), c->content->size, /*is_end=*/true);
    if (c->logprobs != NULL)
        json_put(&document, "completion_probabilities", probabilities_json(c->logprobs));
    put_end(&document, head, choice, c->done);
    return document;
}

static void write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    if (answer->n == 1) {
        json_write(out, answer_json(head, 0, &answer->choices[0]));
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < answer->n; i++)
        json_push(&list, answer_json(head, i, &answer->choices[i]));
    json_write(out, list);
}

/* ---- the stream ------------------------------------------------------------------------------------------------- */

static void begin(dialect_stream *s, size_t choice)
{
    (void)s, (void)choice; // the first text is the first part
}

static void progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    json_t *part = part_json(choice, "", 0, /*is_end=*/false);
    json_put(&part, "prompt_progress", openai_progress_json(event, time_ms));
    dialect_emit(s->sink, NULL, part);
}

static void text(dialect_stream *s, size_t choice, const sw_event *event)
{
    json_t *part = part_json(choice, event->n_bytes > 0 ? event->text : "", event->n_bytes, /*is_end=*/false);
    if (event->logprobs != NULL)
        json_put(&part, "completion_probabilities",
                 json_pack("[o]", openai_logprob_json(event->logprobs, /*with_id=*/true)));
    dialect_emit(s->sink, NULL, part);
}

static void end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    json_t *part = part_json(choice, "", 0, /*is_end=*/true);
    put_end(&part, s->head, choice, event);
    dialect_emit(s->sink, NULL, part);
}

static void end(dialect_stream *s, const sw_event *total)
{
    (void)s, (void)total; // `stop` of every answer was true
}

const dialect LLAMA_COMPLETION = {
    .name = "llama-completion",
    .id_prefix = "cmpl-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = llama_completion_parse,
    .begin = begin,
    .progress = progress,
    .text = text,
    .end_choice = end_choice,
    .end = end,
    .fail = openai_stream_fail,
    .write_answer = write_answer,
    .write_error = api_error_write,
};
