/* cmd_limits.c - `spillway limits`: the table of limits. */
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "spillway.h"

int cmd_limits(int argc, char **argv)
{
    const arg_list args = {
        .command = "limits",
        .usage = "",
        .description = "Prints every limit of the program: name, value, unit, reason.  docs/limits.md says what\n"
                       "happens at each."};
    size_t n;
    const int status = args_parse(&args, argc, argv, NULL, &n);
    if (status >= 0)
        return status;
    const sw_limit *const rows = sw_limits(&n);
    for (size_t i = 0; i < n; i++)
        printf("%-24s %12llu %-12s %s\n", rows[i].name, (unsigned long long)rows[i].value, rows[i].unit, rows[i].why);
    return CMD_EXIT_OK;
}
