/* conversation.c - the messages of a chat, the line editor, and the loop of turns.
 *
 * The conversation holds only complete turns: a question without an answer is removed again.
 */
#include "cmd/conversation.h"

#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h> // MB_CUR_MAX
#include <string.h>

#include "base/alloc.h"

enum { HISTORY_LINES = 1000 }; // of typed lines, for the arrow keys

static const char HELP[] = "/clear   forget the conversation\n"
                           "/exit    leave (also Ctrl-D)\n"
                           "/help    show this list\n"
                           "Ctrl-C stops an answer, or clears the line that is being typed.\n";

/* ---- the messages --------------------------------------------------------------------------------------------- */

typedef struct conversation {
    sw_message *messages; // the contents are owned
    size_t n, cap;
    size_t n_system; // 0 or 1
} conversation;

/* Removes the messages from the n-th on. */
static void cut(conversation *c, size_t n)
{
    while (c->n > n)
        mem_free((char *)c->messages[--c->n].content);
}

/* Appends a message; its text is copied.  Errors: SW_ENOMEM. */
static sw_code add(conversation *c, sw_role role, const char *text, size_t n_bytes, sw_err *err)
{
    char *const copy = mem_alloc(n_bytes + 1);
    if (copy == NULL || !mem_grow(&c->messages, &c->cap, c->n + 1, sizeof *c->messages)) {
        mem_free(copy);
        return sw_fail(err, SW_ENOMEM, "chat: out of memory");
    }
    memcpy(copy, text, n_bytes);
    copy[n_bytes] = '\0';
    c->messages[c->n++] = (sw_message){.role = role, .content = copy};
    return SW_OK;
}

static void free_conversation(conversation *c)
{
    cut(c, 0);
    mem_free(c->messages);
}

/* ---- the line editor ------------------------------------------------------------------------------------------ */

typedef struct editor {
    EditLine *el;
    History *history;
} editor;

/* libedit's callback for the text before a line. */
static const char *prompt(EditLine *el)
{
    (void)el;
    return "> ";
}

static void close_editor(editor *e)
{
    if (e->el != NULL)
        el_end(e->el);
    if (e->history != NULL)
        history_end(e->history);
}

/* The prompt goes to standard error: standard output is for answers. */
static sw_code open_editor(editor *e, sw_err *err)
{
    HistEvent event;
    // libedit decodes characters by the locale.
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    e->el = el_init("spillway", stdin, stderr, stderr);
    e->history = history_init();
    if (e->el == NULL || e->history == NULL)
        return sw_fail(err, SW_EIO,
                       "chat: the terminal does not allow line editing; give a prompt on the command line");
    history(e->history, &event, H_SETSIZE, HISTORY_LINES);
    history(e->history, &event, H_SETUNIQUE, 1);
    el_set(e->el, EL_PROMPT, prompt);
    el_set(e->el, EL_EDITOR, "emacs");
    el_set(e->el, EL_HIST, history, e->history);
    // While a line is typed, Ctrl-C is a key that clears it, not a signal.
    el_set(e->el, EL_SETTY, "-d", "-isig", NULL);
    el_set(e->el, EL_BIND, "^C", "em-kill-line", NULL);
    return SW_OK;
}

/* Returns the next line, *n_out bytes without its newline, valid until the next call; NULL at the end of input. */
static const char *next_line(editor *e, size_t *n_out)
{
    int n = 0;
    const char *const line = el_gets(e->el, &n);
    if (line == NULL || n <= 0) {
        fputc('\n', stderr);
        return NULL;
    }
    *n_out = (size_t)n - (line[n - 1] == '\n');
    return line;
}

/* ---- the turns ------------------------------------------------------------------------------------------------ */

/* A chat while it runs. */
typedef struct session {
    sw_engine *engine;
    const sw_request *base; // of every turn, without messages
    bool prints_speed;
    generation *g;
    conversation c;
    editor e;
} session;

/* True if the line has only spaces and tabs. */
static bool is_blank(const char *line, size_t n)
{
    return strspn(line, " \t") >= n;
}

/* Executes a command; returns false if it ends the chat. */
static bool obey(session *s, const char *line, size_t n)
{
    if (n == 5 && memcmp(line, "/exit", 5) == 0)
        return false;
    if (n == 6 && memcmp(line, "/clear", 6) == 0)
        cut(&s->c, s->c.n_system);
    else
        fputs(n == 5 && memcmp(line, "/help", 5) == 0 ? HELP : "there is no such command; /help lists them\n", stderr);
    return true;
}

/* One question and its answer.  Without an answer the question is removed too. */
static sw_code take_turn(session *s, const char *line, size_t n, sw_err *err)
{
    const size_t n_before = s->c.n;
    sw_code code = add(&s->c, SW_ROLE_USER, line, n, err);
    if (code != SW_OK)
        return code;
    sw_request request = *s->base;
    request.messages = s->c.messages;
    request.n_messages = s->c.n;
    sw_err failure = {0};
    if (generation_run(s->g, s->engine, request, &failure) != SW_OK) {
        cut(&s->c, n_before);
        if (failure.code == SW_EIO)
            return sw_fail(err, failure.code, "%s", failure.msg);
        fprintf(stderr, "%s\n%s", failure.msg, failure.code == SW_ELIMIT ? "/clear makes room\n" : "");
        return SW_OK;
    }
    if (s->prints_speed)
        generation_print_speed(s->g);
    if (s->g->content.size == 0)
        cut(&s->c, n_before);
    else
        code = add(&s->c, SW_ROLE_ASSISTANT, buf_str(&s->g->content), s->g->content.size, err);
    return code;
}

/* The loop of turns: until the end of input, /exit or an error. */
static sw_code talk(session *s, sw_err *err)
{
    sw_code code = SW_OK;
    const char *line;
    size_t n;
    while (code == SW_OK && (line = next_line(&s->e, &n)) != NULL) {
        if (is_blank(line, n))
            continue;
        HistEvent event;
        history(s->e.history, &event, H_ENTER, line);
        if (line[0] != '/')
            code = take_turn(s, line, n, err);
        else if (!obey(s, line, n))
            break;
    }
    return code;
}

sw_code conversation_run(sw_engine *engine, const sw_request *base, const char *system, bool prints_speed,
                         generation *g, sw_err *err)
{
    session s = {.engine = engine, .base = base, .prints_speed = prints_speed, .g = g};
    sw_code code = system != NULL ? add(&s.c, SW_ROLE_SYSTEM, system, strlen(system), err) : SW_OK;
    s.c.n_system = s.c.n;
    if (code == SW_OK)
        code = open_editor(&s.e, err);
    if (code == SW_OK) {
        generation_catch_interrupts(/*is_once=*/false);
        fputs("Press Ctrl-D to leave; /help lists the commands.\n", stderr);
        code = talk(&s, err);
    }
    close_editor(&s.e);
    free_conversation(&s.c);
    return code;
}
