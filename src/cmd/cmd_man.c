/* cmd_man.c - `spillway man`: man pages, from the tables that --help and the parser use. */
#include <stdio.h>
#include <string.h>

#include "cmd/arg_visit.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/examples.h"
#include "spillway.h"

/* Prints text[0..n) as roff: no escape, no request, and minus signs that can be copied. */
static void put_n(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        if (c == '\\')
            fputs("\\e", stdout);
        else if (c == '-')
            fputs("\\-", stdout);
        else if ((c == '.' || c == '\'') && (i == 0 || text[i - 1] == '\n'))
            printf("\\&%c", c);
        else
            putchar(c);
    }
}

static void put(const char *text)
{
    put_n(text, strlen(text));
}

/* Paragraphs: two newlines are a break, one is a space. */
static void put_paragraphs(const char *text)
{
    for (const char *end; (end = strstr(text, "\n\n")) != NULL; text = end + 2) {
        put_n(text, (size_t)(end - text));
        fputs("\n.PP\n", stdout);
    }
    put(text);
    putchar('\n');
}

/* "--threads N, -t" in bold and italics, and what it does. */
static void put_option(const arg_row *r)
{
    printf(".TP\n\\fB\\-\\-");
    put(r->name);
    fputs("\\fR", stdout);
    if (r->placeholder != NULL) {
        fputs(" \\fI", stdout);
        put(r->placeholder);
        fputs("\\fR", stdout);
    }
    for (const char *p = r->alias != NULL ? r->alias : ""; *p != '\0'; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");
        fputs(", \\fB", stdout);
        put_n(p, n);
        fputs("\\fR", stdout);
        p += n;
    }
    putchar('\n');
    put_paragraphs(r->help);
}

static void put_title(const char *name)
{
    printf(".TH ");
    put(name);
    printf(" 1 \"\" \"spillway " SPILLWAY_VERSION "\" \"User Commands\"\n.SH NAME\n");
    put(name);
    fputs(" \\- ", stdout);
}

/* The visitor of arg_visit: the page of a command.  `ud` is the command. */
static void put_command(void *ud, const arg_list *a)
{
    const cmd *const command = ud;
    const arg_row *r;
    char name[64];
    snprintf(name, sizeof name, "spillway-%s", a->command);
    for (char *space = strchr(name, ' '); space != NULL; space = strchr(space, ' '))
        *space = '-';
    put_title(name);
    put(command->summary);
    printf("\n.SH SYNOPSIS\n.B spillway %s\n", a->command);
    put(a->usage);
    fputs("\n.SH DESCRIPTION\n", stdout);
    put_paragraphs(a->description);
    if (arg_list_row(a, 0) != NULL)
        fputs(".SH OPTIONS\n", stdout);
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        put_option(r);
    const char *const *const examples = examples_of(a->command);
    if (examples != NULL)
        fputs(".SH EXAMPLES\n.EX\n", stdout);
    for (size_t i = 0; examples != NULL && i < N_EXAMPLES; i++) {
        put(examples[i]);
        putchar('\n');
    }
    if (examples != NULL)
        fputs(".EE\n", stdout);
    fputs(".SH ENVIRONMENT\nEvery option but \\-\\-model can be set as SPILLWAY_ARG_NAME, in upper case with _ for "
          "\\-; the command line wins.\n.SH SEE ALSO\n\\fBspillway\\fR(1)\n",
          stdout);
}

static void put_summaries(const cmd *commands, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        printf(".TP\n\\fB%s\\fR\n", commands[i].name);
        put(commands[i].summary);
        putchar('\n');
    }
}

/* The page of the program. */
static void put_program(void)
{
    size_t n, n_nested;
    const cmd *const commands = cmd_table(&n), *const nested = cmd_nested(&n_nested);
    put_title("spillway");
    fputs("runs Mixture\\-of\\-Experts models, serves them, and measures what that costs\n"
          ".SH SYNOPSIS\n.B spillway\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n.SH COMMANDS\n",
          stdout);
    put_summaries(commands, n);
    put_summaries(nested, n_nested);
    fputs(".PP\nEach has a page of its own, \\fBspillway\\-COMMAND\\fR(1).\n.SH EXIT STATUS\n"
          "0: success. 1: an error while running. 2: the command line is wrong. 3: a run ended, and a test failed. "
          "4: a run ended without a valid result. 130, 143: ended by a signal.\n",
          stdout);
}

int cmd_man(int argc, char **argv)
{
    const arg_list args = {.command = "man",
                           .usage = "[COMMAND [COMMAND]]",
                           .description = "Prints the man page of a command, of one within it, or of the program.",
                           .max_positional = 2};
    const char *words[2];
    char name[64];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, words, &n_positional);
    if (status >= 0)
        return status;
    if (n_positional == 0) {
        put_program();
        return CMD_EXIT_OK;
    }
    snprintf(name, sizeof name, "%s%s%s", words[0], n_positional > 1 ? " " : "", n_positional > 1 ? words[1] : "");
    const cmd *const command = cmd_find(name);
    if (command != NULL) {
        arg_visit(command->run, command->name, put_command, (void *)command);
        return CMD_EXIT_OK;
    }
    fprintf(stderr, "spillway man: there is no command '%s'; 'spillway --help' lists them\n", name);
    return CMD_EXIT_USAGE;
}
