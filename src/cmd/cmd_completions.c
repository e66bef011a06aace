/* cmd_completions.c - `spillway completions`: what shells offer, from the tables that the parser uses. */
#include <stdbool.h>
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

/* ---- commands within commands --------------------------------------------------------------------------------------
 */

/* The second word of a name: "review" of "bench review"; NULL of a plain one. */
static const char *within_of(const char *name)
{
    const char *const space = strchr(name, ' ');
    return space != NULL ? space + 1 : NULL;
}

static int length_of_first(const char *name)
{
    return (int)strcspn(name, " ");
}

static bool is_within(const char *name, const char *command)
{
    const size_t length = strcspn(name, " ");
    return strlen(command) == length && strncmp(name, command, length) == 0;
}

/* Prints the second words of all commands within the command, "review"; nothing if there are none. */
static void put_within(const char *before, const char *command, const char *after)
{
    size_t n;
    const cmd *const nested = cmd_nested(&n);
    bool has_any = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_within(nested[i].name, command))
            continue;
        printf("%s%s", has_any ? " " : before, within_of(nested[i].name));
        has_any = true;
    }
    fputs(has_any ? after : "", stdout);
}

/* The pattern of a shell's `case` for the first words of a line: 'bench review', or 'bench '*, which comes later. */
static void put_pattern(const char *command)
{
    printf(within_of(command) != NULL ? "    '%s'" : "    '%s '*", command);
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
    put_pattern(a->command);
    fputs(") words='--help", stdout);
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        for_spellings(r, put_bash_word);
    fputs("'", stdout);
    put_within(" within='", a->command, "'");
    puts(" ;;");
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
    fputs("  ", stdout);
    put_pattern(a->command);
    printf(") %s_arguments '--help[print the help]'",
           within_of(a->command) != NULL ? "shift words; (( CURRENT-- )); " : "");
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        for_spellings(r, put_zsh_word);
    put_within(" \\\n        '1:argument:{ compadd ", a->command, "; _files }'");
    puts(" \\\n        '*:argument:_files' ;;");
}

/* ---- fish ------------------------------------------------------------------------------------------------------- */

/* The command that the visitor is at. */
static const char *fish_command;

/* When the options of the command are offered. */
static void put_fish_condition(const char *command)
{
    printf("complete -c spillway -n '__fish_seen_subcommand_from %.*s", length_of_first(command), command);
    if (within_of(command) != NULL)
        printf("; and __fish_seen_subcommand_from %s", within_of(command));
    put_within("; and not __fish_seen_subcommand_from ", command, "");
    putchar('\'');
}

static void put_fish_word(const arg_row *r, const char *spelling)
{
    const bool is_long = strncmp(spelling, "--", 2) == 0;
    const char *const kind = is_long ? "-l" : strlen(spelling) == 2 ? "-s" : "-o";
    put_fish_condition(fish_command);
    printf(" %s %s%s -d '", kind, spelling + (is_long ? 2 : 1), r->type != ARG_FLAG ? " -r" : "");
    put_quoted(r->help, "\\'", "\\");
    fputs("'\n", stdout);
}

static void put_fish(void *ud, const arg_list *a)
{
    (void)ud;
    const arg_row *r;
    fish_command = a->command;
    size_t n;
    const cmd *const nested = cmd_nested(&n);
    for (size_t i = 0; i < n; i++) {
        if (!is_within(nested[i].name, a->command))
            continue;
        put_fish_condition(a->command);
        printf(" -a %s -d '", within_of(nested[i].name));
        put_quoted(nested[i].summary, "\\'", "\\");
        puts("'");
    }
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        for_spellings(r, put_fish_word);
}

/* ---- the three scripts ---------------------------------------------------------------------------------------- */

static void put_commands(void (*visit)(void *ud, const arg_list *args))
{
    size_t n, n_nested;
    const cmd *const commands = cmd_table(&n), *const nested = cmd_nested(&n_nested);
    for (size_t i = 0; i < n_nested; i++)
        arg_visit(nested[i].run, nested[i].name, visit, NULL);
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
         "  local word=${COMP_WORDS[COMP_CWORD]} words= within= first=\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then");
    fputs("    words='help", stdout);
    put_names(" ", "", "", false);
    puts("'\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n    return\n  fi\n"
         "  first=\"${COMP_WORDS[1]} \"\n"
         "  [ \"$COMP_CWORD\" -le 2 ] || first+=${COMP_WORDS[2]}\n"
         "  case $first in");
    put_commands(put_bash);
    puts("  esac\n"
         "  case $word in\n"
         "    -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
         "    *)\n"
         "      [ \"$COMP_CWORD\" -eq 2 ] || within=\n"
         "      mapfile -t COMPREPLY < <(compgen -W \"$within\" -- \"$word\"; compgen -f -- \"$word\") ;;\n"
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
         "    local first=\"$words[1] \"\n"
         "    (( CURRENT > 2 )) && first+=$words[2]\n"
         "    case $first in");
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
