/* cmd_error.c - errors on standard error, one line each. */
#include "cmd/cmd_error.h"

#include <string.h>

#include "base/escape.h"
#include "cmd/exit_code.h"

int cmd_fail(const char *command, const sw_err *err)
{
    if (err->code == SW_EIO && ferror(stdout))
        return CMD_EXIT_FAILURE; // the end of every command says so, with the reason
    fprintf(stderr, "spillway %s: ", command);
    cmd_print_safe(stderr, err->msg); // names in it may come from a hostile file
    fputc('\n', stderr);
    return err->code == SW_EINVAL ? CMD_EXIT_USAGE : CMD_EXIT_FAILURE;
}

int cmd_end(const char *command, sw_code code, const sw_err *err)
{
    return code == SW_OK ? CMD_EXIT_OK : cmd_fail(command, err);
}

void cmd_print_safe(FILE *to, const char *text)
{
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 1);
    escape_terminal(&safe, text, strlen(text));
    fputs(buf_str(&safe), to);
    buf_free(&safe);
}
