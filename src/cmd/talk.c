/* talk.c - the loop of turns. */
#include "cmd/talk.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/cmd_error.h"
#include "cmd/line_editor.h"
#include "cmd/talk_state.h"

void talk_print_banner(const talk *t)
{
    const sw_model_info *const info = sw_engine_info(*t->o->engine);
    const sw_engine_state state = sw_engine_get_state(*t->o->engine);
    cmd_print_safe(stderr, info->name);
    fprintf(stderr, ": context of %d tokens, %d threads, %s kernels\n", state.n_ctx, state.n_threads, state.isa);
    if (state.compat_note != NULL)
        fprintf(stderr, "note: %s\n", state.compat_note);
}

/* Removes the oldest turns: one, or, if the last answer filled the context, half of them, so that the next has room.
 * Returns false if only the question itself is there. */
static bool make_room(talk *t)
{
    size_t n_turns = 0, n_dropped = 0;
    for (size_t i = t->c.n_system; i < t->c.n; i++)
        n_turns += t->c.messages[i].role == SW_ROLE_USER;
    const size_t n_wanted = t->was_cut ? (n_turns + 1) / 2 : 1;
    while (n_dropped < n_wanted && conversation_drop_oldest(&t->c))
        n_dropped++;
    t->was_cut = false;
    if (n_dropped > 0)
        fprintf(stderr, "(the context is full: the oldest %s forgotten; /clear forgets all)\n",
                n_dropped == 1 ? "question and answer are" : "questions and answers are");
    return n_dropped > 0;
}

/* Generates an answer to the conversation as it is, with as many of its turns as fit. */
static sw_code generate(talk *t, sw_err *failure)
{
    sw_request request = sampling_args_request(t->o->sampling);
    request.sampling.seed += (uint64_t)t->n_regenerated;
    if (t->was_cut)
        make_room(t);
    for (;;) {
        request.messages = t->c.messages;
        request.n_messages = t->c.n;
        *failure = (sw_err){0};
        const sw_code code = generation_run(t->g, *t->o->engine, request, failure);
        if (code != SW_ELIMIT || !make_room(t))
            return code;
    }
}

/* Says what a missing or cut answer is due to, and prints figures. */
static void comment_answer(talk *t)
{
    char why[256];
    const int max_tokens = (int)t->o->sampling->max_tokens;
    const sw_event *const done = &t->g->done;
    t->was_cut = done->finish != SW_FINISH_CANCELED && generation_filled_context(t->g, max_tokens);
    if (done->finish == SW_FINISH_CANCELED)
        fputs("(stopped)\n", stderr);
    else if (generation_explain_end(t->g, max_tokens, why, sizeof why))
        fprintf(stderr, "(%s)\n", why);
    else if (done->finish == SW_FINISH_LENGTH)
        fprintf(stderr, "(cut after %d tokens; /set max-tokens 0 removes the limit)\n", done->n_predicted);
    if (t->prints_speed)
        generation_print_speed(t->g);
}

sw_code talk_take_turn(talk *t, const char *question, sw_err *err)
{
    t->has_answer = false;
    if (question != NULL) {
        t->n_regenerated = 0;
        const sw_code code = conversation_add(&t->c, SW_ROLE_USER, question, err);
        if (code != SW_OK)
            return code;
    }
    sw_err failure;
    if (generate(t, &failure) != SW_OK) {
        conversation_cut(&t->c, t->c.n - 1); // the question
        if (failure.code == SW_EIO)
            return sw_fail(err, failure.code, "%s", failure.msg);
        cmd_print_safe(stderr, failure.msg);
        fputc('\n', stderr);
        return SW_OK;
    }
    comment_answer(t);
    t->has_answer = t->g->content.size > 0;
    if (t->has_answer)
        return conversation_add(&t->c, SW_ROLE_ASSISTANT, buf_str(&t->g->content), err);
    conversation_cut(&t->c, t->c.n - 1);
    return SW_OK;
}

/* The loop of turns: until the end of input, /exit or an error. */
static sw_code take_turns(talk *t, line_editor *e, sw_err *err)
{
    sw_code code = SW_OK;
    bool ends = false;
    buf message;
    buf_init(&message, LIMIT_PROMPT_BYTES);
    while (code == SW_OK && !ends && line_editor_next(e, &message)) {
        const char *const text = buf_str(&message);
        if (message.failed != SW_OK) {
            fprintf(stderr, "a message has at most %d bytes\n", LIMIT_PROMPT_BYTES);
            continue;
        }
        if (text[strspn(text, " \t\n")] == '\0')
            continue;
        line_editor_remember(e, text);
        code = text[0] == '/' && strchr(text, '\n') == NULL ? talk_obey(t, text, &ends, err)
                                                            : talk_take_turn(t, text, err);
    }
    buf_free(&message);
    return code;
}

sw_code talk_run(const talk_options *options, generation *g, sw_err *err)
{
    talk t = {.o = options, .g = g, .prints_speed = options->prints_speed};
    line_editor *editor = NULL;
    snprintf(t.model, sizeof t.model, "%s", options->model);
    sw_code code = conversation_set_system(&t.c, options->system, err);
    if (code == SW_OK)
        code = line_editor_open(&editor, options->keeps_history, err);
    if (code == SW_OK) {
        generation_catch_interrupts(/*is_once=*/false);
        talk_print_banner(&t);
        fputs("Press Ctrl-D to leave; /help lists the commands.\n", stderr);
        code = take_turns(&t, editor, err);
    }
    line_editor_close(editor);
    conversation_free(&t.c);
    return code;
}
