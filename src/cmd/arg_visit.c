/* arg_visit.c - a command is called, and args_parse shows its list in place of parsing. */
#include "cmd/arg_visit.h"

#include <stdio.h>

static struct {
    void (*visit)(void *ud, const arg_list *args); // NULL: commands run
    void *ud;
} visitor;

void arg_visit(int (*command)(int argc, char **argv), const char *name, void (*visit)(void *ud, const arg_list *args),
               void *ud)
{
    char word[32];
    snprintf(word, sizeof word, "%s", name);
    char *argv[] = {word, NULL};
    visitor.visit = visit;
    visitor.ud = ud;
    command(1, argv);
    visitor.visit = NULL;
}

bool arg_visit_takes(const arg_list *a)
{
    if (visitor.visit == NULL)
        return false;
    visitor.visit(visitor.ud, a);
    return true;
}
