/* cmd_bench.c - `spillway bench`: run the streaming benchmark against a server and leave a report. */
#include <string.h>

#include "base/alloc.h"
#include "cmd/bench_command.h"
#include "cmd/bench_self_test.h"
#include "cmd/cmd.h"
#include "report/report.h"

static const bench_command COMMAND = {.name = "bench", .put_text = report_text, .put_json = report_json};

/* The arguments hold a path for every model, which is much for a stack. */
int cmd_bench(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "review") == 0)
        return cmd_bench_review(argc - 1, argv + 1);
    bench_args *const a = mem_calloc(1, sizeof *a);
    if (a == NULL)
        return cmd_fail("bench", &(sw_err){.code = SW_ENOMEM, .msg = "out of memory"});
    int status = bench_args_parse(a, argc, argv);
    if (status < 0)
        status = a->self_test ? bench_self_test(a->json) : bench_command_run(&COMMAND, a, argc, argv);
    mem_free(a);
    return status;
}
