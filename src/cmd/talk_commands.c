/* talk_commands.c - what a chat does at a line that begins with '/'. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/args.h"
#include "cmd/cmd_error.h"
#include "cmd/model_names.h"
#include "cmd/nearest.h"
#include "cmd/talk_state.h"

/* Executes a command; `rest` is what follows its name, without spaces around.  Errors end the chat. */
typedef sw_code (*command_fn)(talk *t, const char *rest, sw_err *err);

typedef struct command {
    const char *name, *argument, *what;
    command_fn run; // NULL: it ends the chat
} command;

/* ---- the conversation ----------------------------------------------------------------------------------------- */

/* Prints an error that does not end the chat. */
static void print_error(const sw_err *err)
{
    cmd_print_safe(stderr, err->msg);
    fputc('\n', stderr);
}

static sw_code clear(talk *t, const char *rest, sw_err *err)
{
    (void)rest;
    (void)err;
    conversation_cut(&t->c, t->c.n_system);
    t->has_answer = t->was_cut = false;
    return SW_OK;
}

static sw_code set_system(talk *t, const char *rest, sw_err *err)
{
    if (rest[0] != '\0')
        return conversation_set_system(&t->c, strcmp(rest, "none") == 0 ? NULL : rest, err);
    fputs(t->c.n_system > 0 ? "the system message is: " : "there is no system message; /system TEXT sets one", stderr);
    cmd_print_safe(stderr, t->c.n_system > 0 ? t->c.messages[0].content : "");
    fputc('\n', stderr);
    return SW_OK;
}

static sw_code save(talk *t, const char *rest, sw_err *err)
{
    (void)err;
    sw_err failure = {0};
    if (rest[0] == '\0')
        fputs("/save needs the name of a file\n", stderr);
    else if (conversation_save(&t->c, rest, &failure) != SW_OK)
        print_error(&failure);
    else
        fprintf(stderr, "%zu messages are saved\n", t->c.n);
    return SW_OK;
}

static sw_code load(talk *t, const char *rest, sw_err *err)
{
    (void)err;
    sw_err failure = {0};
    if (rest[0] == '\0') {
        fputs("/load needs the name of a file that /save has written\n", stderr);
    } else if (conversation_load(&t->c, rest, &failure) != SW_OK) {
        print_error(&failure);
    } else {
        t->was_cut = false;
        t->has_answer = t->c.n > t->c.n_system && t->c.messages[t->c.n - 1].role == SW_ROLE_ASSISTANT;
        fprintf(stderr, "%zu messages are loaded\n", t->c.n);
    }
    return SW_OK;
}

/* The last question once more, with another seed. */
static sw_code regenerate(talk *t, const char *rest, sw_err *err)
{
    (void)rest;
    if (!t->has_answer || t->c.n < t->c.n_system + 2 || t->c.messages[t->c.n - 2].role != SW_ROLE_USER) {
        fputs("there is no answer to give again\n", stderr);
        return SW_OK;
    }
    conversation_cut(&t->c, t->c.n - 1);
    t->n_regenerated++;
    return talk_take_turn(t, NULL, err);
}

/* ---- settings and figures ------------------------------------------------------------------------------------- */

static void print_setting(const arg_row *r)
{
    fprintf(stderr, "%-18s ", r->name);
    if (r->type == ARG_FLAG)
        fputs(*(const bool *)r->value ? "on" : "off", stderr);
    else if (r->type == ARG_INT)
        fprintf(stderr, "%ld", *(const long *)r->value);
    else if (r->type == ARG_DOUBLE)
        fprintf(stderr, "%g", *(const double *)r->value);
    else
        cmd_print_safe(stderr, *(const char *const *)r->value != NULL ? *(const char *const *)r->value : "none");
    fputc('\n', stderr);
}

/* /set NAME VALUE; alone it lists all. */
static sw_code set(talk *t, const char *rest, sw_err *err)
{
    (void)err;
    const arg_row rows[] = {
        SAMPLING_ARG_ROWS(*t->o->sampling),
        {"reasoning", NULL, ARG_FLAG, &t->g->show_reasoning, 0, 0, NULL, "print the reasoning"},
        {"stats", NULL, ARG_FLAG, &t->prints_speed, 0, 0, NULL, "print speed after every answer"},
    };
    const size_t n_rows = sizeof rows / sizeof rows[0], n_name = strcspn(rest, " ");
    for (size_t i = 0; rest[0] == '\0' && i < n_rows; i++)
        print_setting(&rows[i]);
    if (rest[0] == '\0')
        return SW_OK;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)n_name, rest);
    const char *const value = rest + n_name + strspn(rest + n_name, " ");
    sw_err failure = {0};
    if (strcmp(name, "stop") == 0 && strlen(value) < sizeof t->stop) { // the text must outlive this call
        snprintf(t->stop, sizeof t->stop, "%s", value);
        t->o->sampling->stop = t->stop[0] != '\0' && strcmp(t->stop, "none") != 0 ? t->stop : NULL;
    } else if (strcmp(name, "stop") == 0) {
        fprintf(stderr, "stop takes at most %d bytes\n", LIMIT_STOP_STRING_BYTES);
    } else if (args_set(rows, n_rows, name, value, &failure) != SW_OK) {
        print_error(&failure);
    }
    return SW_OK;
}

static sw_code print_stats(talk *t, const char *rest, sw_err *err)
{
    (void)rest;
    (void)err;
    const sw_event *const done = &t->g->done;
    if (done->type != SW_EVENT_DONE) {
        fputs("there is no answer yet\n", stderr);
        return SW_OK;
    }
    const sw_engine_state state = sw_engine_get_state(*t->o->engine);
    generation_print_speed(t->g);
    fprintf(stderr, "context     %d of %d tokens, %zu messages\n", done->n_prompt + done->n_predicted, state.n_ctx,
            t->c.n);
    return SW_OK;
}

/* ---- another model -------------------------------------------------------------------------------------------- */

/* Closes the engine and opens that of `path`; if that fails, the old one again: two may not fit the memory. */
static sw_code change_engine(talk *t, const char *path, sw_err *err)
{
    sw_err failure = {0};
    sw_engine_close(*t->o->engine);
    *t->o->engine = NULL;
    if (t->o->open(t->o->ud, path, t->o->engine, &failure) == SW_OK) {
        snprintf(t->model, sizeof t->model, "%s", path);
        return SW_OK;
    }
    print_error(&failure);
    return t->o->open(t->o->ud, t->model, t->o->engine, err);
}

static sw_code change_model(talk *t, const char *rest, sw_err *err)
{
    char path[sizeof t->model];
    sw_err failure = {0};
    sw_model_file *file = NULL;
    if (rest[0] == '\0') {
        talk_print_banner(t);
        return SW_OK;
    }
    sw_code code = model_names_find(rest, t->o->model_dirs, path, sizeof path, &failure);
    if (code == SW_OK && strcmp(path, "stub:") != 0)
        code = sw_model_file_open(&file, path, &failure); // so that a wrong name costs nothing
    sw_model_file_close(file);
    if (code != SW_OK) {
        print_error(&failure);
        return SW_OK;
    }
    code = change_engine(t, path, err);
    if (code == SW_OK)
        talk_print_banner(t);
    return code;
}

/* ---- the table ------------------------------------------------------------------------------------------------ */

static sw_code help(talk *t, const char *rest, sw_err *err);

static const command COMMANDS[] = {
    {"clear", "", "forget the conversation", clear},
    {"exit", "", "leave (also Ctrl-D)", NULL},
    {"help", "", "show this list", help},
    {"load", " FILE", "replace the conversation by that of a file", load},
    {"model", " NAME", "go on with another model; alone: what runs now", change_model},
    {"quit", "", "the same as /exit", NULL},
    {"regen", "", "give the last answer again, with another seed", regenerate},
    {"save", " FILE", "write the conversation to a new file", save},
    {"set", " NAME VALUE", "change a setting; alone: list them", set},
    {"stats", "", "tokens and speed of the last answer, use of the context", print_stats},
    {"system", " TEXT", "set the system message; 'none' removes it", set_system},
};

enum { N_COMMANDS = sizeof COMMANDS / sizeof COMMANDS[0] };

static sw_code help(talk *t, const char *rest, sw_err *err)
{
    (void)t;
    (void)rest;
    (void)err;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const int n = fprintf(stderr, "/%s%s", COMMANDS[i].name, COMMANDS[i].argument);
        fprintf(stderr, "%*s%s\n", n < 17 ? 17 - n : 1, "", COMMANDS[i].what);
    }
    fputs("What is pasted is one message; so is what is between lines of \"\"\".\n"
          "Ctrl-C stops an answer, or clears the line that is being typed.\n",
          stderr);
    return SW_OK;
}

/* Runs a command with the text behind its name, without the spaces around it. */
static sw_code run_with(talk *t, const command *c, const char *text, sw_err *err)
{
    char *const rest = mem_strdup(text + strspn(text, " "));
    if (rest == NULL)
        return sw_fail(err, SW_ENOMEM, "chat: out of memory");
    for (size_t end = strlen(rest); end > 0 && rest[end - 1] == ' ';)
        rest[--end] = '\0';
    const sw_code code = c->run(t, rest, err);
    mem_free(rest);
    return code;
}

sw_code talk_obey(talk *t, const char *line, bool *ends_out, sw_err *err)
{
    const size_t n = strcspn(line + 1, " ");
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)n, line + 1);
    nearest near = {.word = name};
    for (size_t i = 0; i < N_COMMANDS; i++) {
        nearest_offer(&near, COMMANDS[i].name);
        if (strcmp(COMMANDS[i].name, name) != 0)
            continue;
        *ends_out = COMMANDS[i].run == NULL;
        return *ends_out ? SW_OK : run_with(t, &COMMANDS[i], line + 1 + n, err);
    }
    fprintf(stderr, "there is no such command%s%s%s; /help lists them\n", near.found != NULL ? " (/" : "",
            near.found != NULL ? near.found : "", near.found != NULL ? "?)" : "");
    return SW_OK;
}
