/* cmd_protocol.c - `spillway protocol`: checks benchmark protocols, and prints the built-in one and the schema. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "protocol/protocol.h"

extern const unsigned char embedded_docs_protocol_schema_json[];
extern const size_t embedded_docs_protocol_schema_json_size;
extern const unsigned char embedded_protocols_local_streaming_json[];
extern const size_t embedded_protocols_local_streaming_json_size;

enum { FILES_MAX = 256, LINE_BYTES_MAX = 65536 };

/* "FILE: ok: name, 9 tests, 41 checks, fnv1a64:...", with what comes from the file escaped. */
static void print_ok(const char *path, const bench_protocol *p)
{
    size_t n_checks = 0;
    for (size_t i = 0; i < p->n_tests; i++)
        n_checks += check_list_size(p->tests[i].checks);
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    escape_terminal(&line, path, strlen(path));
    buf_puts(&line, ": ok: ");
    escape_terminal(&line, p->name, strlen(p->name));
    buf_printf(&line, ", %zu tests, %zu checks, %s\n", p->n_tests, n_checks, p->hash);
    fwrite(buf_str(&line), 1, line.size, stdout);
    buf_free(&line);
}

static void print_bad(const sw_err *err)
{
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    escape_terminal(&line, err->msg, strlen(err->msg));
    fprintf(stderr, "spillway protocol: %s\n", buf_str(&line));
    buf_free(&line);
}

/* Every file is checked, whatever is wrong with the others. */
static int check_files(const char *const *paths, size_t n)
{
    int status = CMD_EXIT_OK;
    for (size_t i = 0; i < n; i++) {
        sw_err err = {0};
        bench_protocol *p;
        if (protocol_load(&p, paths[i], &err) == SW_OK) {
            print_ok(paths[i], p);
        } else {
            print_bad(&err);
            status = CMD_EXIT_FAILURE;
        }
        protocol_free(p);
    }
    return status;
}

static int print_bytes(const unsigned char *bytes, size_t n)
{
    fwrite(bytes, 1, n, stdout); // cmd_main reports a failure
    return CMD_EXIT_OK;
}

int cmd_protocol(int argc, char **argv)
{
    const arg_list args = {
        .command = "protocol",
        .usage = "check FILE... | show | schema",
        .description =
            "check: reads protocols as `spillway bench --protocol` does; an error names the line and the field.\n"
            "show: prints the built-in protocol, which is a good start for one of your own.\n"
            "schema: prints the JSON schema of protocols.  Exit code: 0, 1 a protocol is wrong, 2 usage.",
        .min_positional = 1,
        .max_positional = FILES_MAX,
    };
    const char *words[FILES_MAX];
    size_t n;
    const int status = args_parse(&args, argc, argv, words, &n);
    if (status >= 0)
        return status;
    if (strcmp(words[0], "check") == 0 && n > 1)
        return check_files(words + 1, n - 1);
    if (strcmp(words[0], "show") == 0 && n == 1)
        return print_bytes(embedded_protocols_local_streaming_json, embedded_protocols_local_streaming_json_size);
    if (strcmp(words[0], "schema") == 0 && n == 1)
        return print_bytes(embedded_docs_protocol_schema_json, embedded_docs_protocol_schema_json_size);
    fprintf(stderr, "spillway protocol: give \"check FILE...\", \"show\" or \"schema\"\n");
    return CMD_EXIT_USAGE;
}
