/* args_help.c - help that fits a terminal of 80 columns. */
#include "cmd/args_help.h"

#include <stdio.h>
#include <string.h>

#include "cmd/examples.h"

/* Help fits a terminal of 80 columns: options on the left, what they do from TEXT_COLUMN on. */
enum { COLUMNS = 80, TEXT_COLUMN = 30 };

/* Prints `text`, broken at spaces into lines of at most COLUMNS.  The cursor is at `column`; further lines begin at
 * `indent`.  A newline in the text is a space; two are the end of a paragraph. */
static void print_wrapped(const char *text, int column, int indent)
{
    bool begins_line = true;
    while (*(text += strspn(text, " ")) != '\0') {
        const int n_newlines = (int)strspn(text, "\n");
        text += n_newlines;
        const int n = (int)strcspn(text, " \n");
        if (n_newlines > 1)
            putchar('\n');
        if (n_newlines > 1 || (!begins_line && column + 1 + n > COLUMNS)) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (!begins_line) {
            putchar(' ');
            column++;
        }
        printf("%.*s", n, text);
        column += n;
        text += n;
        begins_line = false;
    }
    putchar('\n');
}

/* "--threads N, -t" and its meaning, which begins on a line of its own when the left side is long. */
static void print_option(const char *name, const char *placeholder, const char *alias, const char *help)
{
    int n = printf("  --%s%s%s", name, placeholder != NULL ? " " : "", placeholder != NULL ? placeholder : "");
    for (const char *p = alias != NULL ? alias : ""; *p != '\0'; p += strspn(p, " ")) {
        n += printf(", %.*s", (int)strcspn(p, " "), p);
        p += strcspn(p, " ");
    }
    if (n + 2 > TEXT_COLUMN)
        printf("\n%*s", TEXT_COLUMN, "");
    else
        printf("%*s", TEXT_COLUMN - n, "");
    print_wrapped(help, TEXT_COLUMN, TEXT_COLUMN);
}

void args_help_print(const arg_list *a)
{
    const int n = printf("usage: spillway %s%s", a->command, a->usage[0] != '\0' ? " " : "");
    print_wrapped(a->usage, n, (int)strlen("usage: spillway "));
    putchar('\n');
    print_wrapped(a->description, 0, 0);
    printf("\noptions:\n");
    const arg_row *r;
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++)
        print_option(r->name, r->placeholder, r->alias, r->help);
    print_option("help", NULL, "-h", "print this help");
    const char *const *const examples = examples_of(a->command);
    if (examples != NULL)
        printf("\nexamples:\n");
    for (size_t i = 0; examples != NULL && i < N_EXAMPLES; i++)
        printf("  %s\n", examples[i]);
}
