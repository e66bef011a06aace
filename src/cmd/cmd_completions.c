/* cmd_completions.c - `spillway completions`: what shells offer, from the tables that the parser uses. */
#include <stdio.h>
#include <string.h>

#include "cmd/arg_visit.h"
#include "cmd/args.h"
#include "cmd/cmd.h"

/* Prints text within single quotes of a shell; `special` are characters that get a backslash. */
static void put_quoted(const char *text, const char *quote, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(quote, stdout);
        else if (*text == '\n')
            putchar(' ');
        else if (strchr(special, *text) != NULL)
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

/* Calls `put` for every spelling of a row's option. */
static void for_spellings(const arg_row *r, void (*put)(const arg_row *r, const char *spelling))
{
    char word[64];
    snprintf(word, sizeof word, "--%s", r->name);
    put(r, word);
    for (const char *p = r->alias != NULL ? r->alias : ""; *p != '\0'; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        put(r, word);
        p += n;
    }
}

/* ---- bash ------------------------------------------------------------------------------------------------------- */

static void put_bash_word(const arg_row *r, const char *spelling)
{
    (void)r;
    printf(" %s", spelling);
}

static void put_bash(void *ud, const arg_list *a)
{
    (void)ud;
    const arg_row *r;
    printf("    %s) words='--help", a->command);
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        for_spellings(r, put_bash_word);
    printf("' ;;\n");
}

/* ---- zsh -------------------------------------------------------------------------------------------------------- */

static void put_zsh_word(const arg_row *r, const char *spelling)
{
    printf(" \\\n        '%s%s[", spelling, r->type != ARG_FLAG && strncmp(spelling, "--", 2) == 0 ? "=" : "");
    put_quoted(r->help, "'\\''", "[]\\");
    putchar(']');
    if (r->type != ARG_FLAG) {
        putchar(':');
        put_quoted(r->placeholder, "'\\''", ":\\");
        fputs(":_files", stdout);
    }
    putchar('\'');
}

static void put_zsh(void *ud, const arg_list *a)
{
    (void)ud;
    const arg_row *r;
    printf("      %s) _arguments '--help[print the help]'", a->command);
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        for_spellings(r, put_zsh_word);
    printf(" \\\n        '*:argument:_files' ;;\n");
}

/* ---- fish ------------------------------------------------------------------------------------------------------- */

/* The command that the visitor is at. */
static const char *fish_command;

static void put_fish_word(const arg_row *r, const char *spelling)
{
    const bool is_long = strncmp(spelling, "--", 2) == 0;
    const char *const kind = is_long ? "-l" : strlen(spelling) == 2 ? "-s" : "-o";
    printf("complete -c spillway -n '__fish_seen_subcommand_from %s' %s %s%s -d '", fish_command, kind,
           spelling + (is_long ? 2 : 1), r->type != ARG_FLAG ? " -r" : "");
    put_quoted(r->help, "\\'", "\\");
    fputs("'\n", stdout);
}

static void put_fish(void *ud, const arg_list *a)
{
    (void)ud;
    const arg_row *r;
    fish_command = a->command;
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        for_spellings(r, put_fish_word);
}

/* ---- the three scripts ---------------------------------------------------------------------------------------- */

static void put_commands(void (*visit)(void *ud, const arg_list *args))
{
    size_t n;
    const cmd *const commands = cmd_table(&n);
    for (size_t i = 0; i < n; i++)
        arg_visit(commands[i].run, commands[i].name, visit, NULL);
}

/* The names of all commands, and on request what they do. */
static void put_names(const char *before, const char *between, const char *after, bool with_summary)
{
    size_t n;
    const cmd *const commands = cmd_table(&n);
    for (size_t i = 0; i < n; i++) {
        printf("%s%s", before, commands[i].name);
        if (with_summary) {
            fputs(between, stdout);
            put_quoted(commands[i].summary, "", "");
        }
        fputs(after, stdout);
    }
}

static void put_bash_script(void)
{
    puts("# bash completion of spillway; made by 'spillway completions bash'\n"
         "_spillway() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} words=\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then");
    fputs("    words='help", stdout);
    put_names(" ", "", "", false);
    puts("'\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n    return\n  fi\n"
         "  case ${COMP_WORDS[1]} in");
    put_commands(put_bash);
    puts("  esac\n"
         "  case $word in\n"
         "    -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
         "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _spillway spillway");
}

static void put_zsh_script(void)
{
    puts("#compdef spillway\n# zsh completion of spillway; made by 'spillway completions zsh'\n"
         "_spillway() {\n"
         "  local -a commands\n"
         "  commands=(");
    put_names("    '", ":", "'\n", true);
    puts("  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "  else\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "    case $words[1] in");
    put_commands(put_zsh);
    puts("    esac\n  fi\n}\n"
         "if [ \"$funcstack[1]\" = _spillway ]; then _spillway \"$@\"; else compdef _spillway spillway; fi");
}

static void put_fish_script(void)
{
    puts("# fish completion of spillway; made by 'spillway completions fish'");
    puts("complete -c spillway -s h -l help -d 'print the help'");
    put_names("complete -c spillway -n __fish_use_subcommand -f -a ", " -d '", "'\n", true);
    put_commands(put_fish);
}

int cmd_completions(int argc, char **argv)
{
    const arg_list args = {.command = "completions",
                           .usage = "bash|zsh|fish",
                           .description = "Prints a script with which a shell completes commands and options.",
                           .min_positional = 1,
                           .max_positional = 1};
    const char *shell;
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &shell, &n_positional);
    if (status >= 0)
        return status;
    if (strcmp(shell, "bash") == 0) {
        put_bash_script();
    } else if (strcmp(shell, "zsh") == 0) {
        put_zsh_script();
    } else if (strcmp(shell, "fish") == 0) {
        put_fish_script();
    } else {
        fprintf(stderr, "spillway completions: the shells are bash, zsh and fish, not '%s'\n", shell);
        return CMD_EXIT_USAGE;
    }
    return CMD_EXIT_OK;
}
