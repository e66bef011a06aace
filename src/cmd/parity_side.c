/* parity_side.c - fork, exec and a pipe. */
#include "cmd/parity_side.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_fields.h"

enum { HEAD_BYTES_MAX = 16 << 20, EXIT_NO_PROGRAM = 127 };
static const char ISA_WORD[] = "SPILLWAY_ISA=";

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Ends the word at *from in place, without its quotes, and moves *from behind it.  Returns false if a quote is open. */
static bool take_word(char **from, char **word_out)
{
    char *in = *from, *out = *from, quote = '\0';
    *word_out = out;
    for (; *in != '\0' && (quote != '\0' || strchr(" \t\n", *in) == NULL); in++) {
        if (quote == '\0' && (*in == '"' || *in == '\''))
            quote = *in;
        else if (*in == quote)
            quote = '\0';
        else
            *out++ = *in;
    }
    *from = *in != '\0' ? in + 1 : in;
    *out = '\0';
    return quote == '\0';
}

static sw_code put_word(parity_command *command, const char *word, sw_err *err)
{
    if (command->n_words == 0 && strncmp(word, ISA_WORD, sizeof ISA_WORD - 1) == 0) {
        command->isa = word + sizeof ISA_WORD - 1;
        return SW_OK;
    }
    if (command->n_words == PARITY_WORDS_MAX)
        return sw_fail(err, SW_EINVAL, "--%s has more than %d words", command->side, PARITY_WORDS_MAX);
    command->words[command->n_words++] = word;
    return SW_OK;
}

sw_code parity_command_parse(parity_command *command, const char *options, sw_err *err)
{
    command->text = mem_strdup(options);
    if (command->text == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory");
    sw_code code = SW_OK;
    for (char *at = command->text + strspn(command->text, " \t\n"); *at != '\0' && code == SW_OK;
         at += strspn(at, " \t\n")) {
        char *word;
        if (!take_word(&at, &word))
            return sw_fail(err, SW_EINVAL, "--%s: a quote is not closed in '%s'", command->side, options);
        code = put_word(command, word, err);
    }
    return code;
}

void parity_command_free(parity_command *command)
{
    mem_free(command->text);
    command->text = NULL;
}

/* ---- the process ------------------------------------------------------------------------------------------------ */

/* Writes the command line to argv, which ends with NULL.  --kv-type comes first, so that an option beats it: the
 * default is that of `run` and `serve`. */
static void command_line(const parity_command *c, const char *argv[PARITY_WORDS_MAX + 16])
{
    static const char *const LAST[] = {"--tokens", "-", "--stream", NULL};
    size_t n = 0;
    argv[n++] = "spillway";
    argv[n++] = "logits";
    argv[n++] = c->model;
    argv[n++] = "--kv-type=f16";
    for (size_t i = 0; i < c->n_words; i++)
        argv[n++] = c->words[i];
    memcpy(argv + n, LAST, sizeof LAST);
}

/* In the child, between fork and exec.  This program has one thread here. */
static void become_side(const parity_command *c, int tokens, int out, pid_t parent)
{
    const char *argv[PARITY_WORDS_MAX + 16];
    command_line(c, argv);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (c->isa != NULL)
        setenv("SPILLWAY_ISA", c->isa, 1);
    if (getppid() == parent && lseek(tokens, 0, SEEK_SET) == 0 && dup2(tokens, STDIN_FILENO) >= 0 &&
        dup2(out, STDOUT_FILENO) >= 0)
        execv(c->program != NULL ? c->program : "/proc/self/exe", (char *const *)(uintptr_t)argv);
    _exit(EXIT_NO_PROGRAM);
}

static sw_code start(parity_side *side, const parity_command *command, int tokens, sw_err *err)
{
    int fds[2];
    if (pipe(fds) != 0)
        return sw_fail(err, SW_EIO, "side %s cannot be started: %s", side->name, strerror(errno));
    for (int i = 0; i < 2; i++)
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    const pid_t parent = getpid();
    fflush(NULL);
    side->pid = fork();
    if (side->pid == 0)
        become_side(command, tokens, fds[1], parent);
    const int reason = errno;
    close(fds[1]);
    side->rows = fdopen(fds[0], "rb");
    if (side->rows == NULL)
        close(fds[0]);
    if (side->pid > 0 && side->rows != NULL)
        return SW_OK;
    side->pid = side->pid > 0 ? side->pid : 0;
    return sw_fail(err, SW_EIO, "side %s cannot be started: %s", side->name, strerror(reason));
}

/* The error of a side whose output ended early, or is not what it should be.  The side's own message was printed. */
static sw_code side_failed(parity_side *side, const char *program, sw_err *err)
{
    int status = 0;
    fclose(side->rows);
    side->rows = NULL;
    waitpid(side->pid, &status, 0);
    side->pid = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
        return sw_fail(err, SW_EIO, "side %s was ended by signal %d", side->name, WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_PROGRAM)
        return sw_fail(err, SW_EIO, "side %s cannot be started: '%s' is no program", side->name,
                       program != NULL ? program : "spillway");
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return sw_fail(err, WEXITSTATUS(status) == 2 ? SW_EINVAL : SW_EIO,
                       "side %s: `spillway logits` with its options ended with exit code %d", side->name,
                       WEXITSTATUS(status));
    return sw_fail(err, SW_EFORMAT, "side %s does not send what `spillway logits --stream` sends", side->name);
}

static json_t *read_head(FILE *from)
{
    const json_load_options options = {.bytes_max = HEAD_BYTES_MAX, .refuse_repeated = true};
    json_reader reader = {.document = "the head"};
    char *line = NULL;
    size_t cap = 0;
    const ssize_t n = getline(&line, &cap, from);
    json_t *const head = n > 0 ? json_load_text(&reader, line, (size_t)n, &options) : NULL;
    free(line);
    return head;
}

sw_code parity_side_begin(parity_side *side, const parity_command *command, int tokens, sw_err *err)
{
    *side = (parity_side){.name = command->side};
    const sw_code code = start(side, command, tokens, err);
    if (code != SW_OK)
        return code;
    side->head = read_head(side->rows);
    const json_int_t n_vocab = json_integer_value(json_object_get(side->head, "n_vocab"));
    if (n_vocab < 1 || n_vocab > LIMIT_VOCAB_TOKENS)
        return side_failed(side, command->program, err);
    side->n_vocab = (size_t)n_vocab;
    return SW_OK;
}

sw_code parity_side_row(parity_side *side, float *row, sw_err *err)
{
    if (fread(row, sizeof *row, side->n_vocab, side->rows) == side->n_vocab)
        return SW_OK;
    return side_failed(side, NULL, err);
}

void parity_side_end(parity_side *side)
{
    if (side->rows != NULL)
        fclose(side->rows);
    if (side->pid > 0) {
        kill(side->pid, SIGTERM);
        waitpid(side->pid, NULL, 0);
    }
    json_decref(side->head);
    *side = (parity_side){.pid = 0};
}
