/* cmd_protocol.c - `spillway protocol`: checks protocols of the benchmark and of stress, and prints the built-in ones
 * and the schemas. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "protocol/protocol.h"
#include "stress/stress_protocol.h"
#include "stress/stress_suites.h"

extern const unsigned char embedded_docs_protocol_schema_json[];
extern const size_t embedded_docs_protocol_schema_json_size;
extern const unsigned char embedded_docs_stress_schema_json[];
extern const size_t embedded_docs_stress_schema_json_size;
extern const unsigned char embedded_protocols_stress_criteria_json[];
extern const size_t embedded_protocols_stress_criteria_json_size;
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

/* "FILE: ok: suite basic, 3 stages, fnv1a64:...", or "FILE: ok: 8 criteria, ..." */
static void print_stress_ok(const char *path, const stress_protocol *p)
{
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    escape_terminal(&line, path, strlen(path));
    buf_puts(&line, ": ok");
    for (size_t i = 0; i < p->n_suites; i++) {
        buf_printf(&line, "%s%s ", i > 0 ? ", " : ": ", p->suites[i].is_scenario ? "scenario" : "suite");
        escape_terminal(&line, p->suites[i].name, strlen(p->suites[i].name));
        buf_printf(&line, ", %zu stages", p->suites[i].n_stages);
    }
    if (p->criteria.n > 0)
        buf_printf(&line, "%s%zu criteria", p->n_suites > 0 ? ", " : ": ", p->criteria.n);
    buf_printf(&line, ", %s\n", p->hash);
    fwrite(buf_str(&line), 1, line.size, stdout);
    buf_free(&line);
}

/* Returns true if the file has what only protocols of stress have; one that is no JSON has not. */
static bool is_of_stress(const char *path)
{
    json_t *const root = json_load_file(path, 0, NULL);
    const bool is = json_object_get(root, "stages") != NULL || json_object_get(root, "suites") != NULL ||
                    json_object_get(root, "suite") != NULL || json_object_get(root, "scenario") != NULL ||
                    json_object_get(root, "criteria") != NULL;
    json_decref(root);
    return is;
}

static sw_code check_stress(const char *path, sw_err *err)
{
    stress_protocol *p;
    const sw_code code = stress_protocol_load(&p, path, err);
    if (code == SW_OK)
        print_stress_ok(path, p);
    stress_protocol_free(p);
    return code;
}

static sw_code check_bench(const char *path, sw_err *err)
{
    bench_protocol *p;
    const sw_code code = protocol_load(&p, path, err);
    if (code == SW_OK)
        print_ok(path, p);
    protocol_free(p);
    return code;
}

/* Every file is checked, whatever is wrong with the others. */
static int check_files(const char *const *paths, size_t n)
{
    int status = CMD_EXIT_OK;
    for (size_t i = 0; i < n; i++) {
        sw_err err = {0};
        if ((is_of_stress(paths[i]) ? check_stress(paths[i], &err) : check_bench(paths[i], &err)) != SW_OK) {
            print_bad(&err);
            status = CMD_EXIT_FAILURE;
        }
    }
    return status;
}

static int print_bytes(const unsigned char *bytes, size_t n)
{
    fwrite(bytes, 1, n, stdout); // cmd_main reports a failure
    return CMD_EXIT_OK;
}

/* A built-in suite or scenario, or the criteria. */
static int show_suite(const char *name)
{
    const built_in_suite *suite = stress_suite_find(name, false);
    suite = suite != NULL ? suite : stress_suite_find(name, true);
    if (suite != NULL)
        return print_bytes(suite->json, *suite->size);
    if (strcmp(name, "criteria") == 0)
        return print_bytes(embedded_protocols_stress_criteria_json, embedded_protocols_stress_criteria_json_size);
    fprintf(stderr, "spillway protocol: no suite or scenario has that name; `spillway stress --list` lists them\n");
    return CMD_EXIT_USAGE;
}

int cmd_protocol(int argc, char **argv)
{
    const arg_list args = {
        .command = "protocol",
        .usage = "check FILE... | show [SUITE|criteria] | schema [stress]",
        .description =
            "check: reads protocols as `bench --protocol` and `stress --protocol` do; an error names the line and the "
            "field.\n"
            "show: prints the benchmark's built-in protocol, a suite or scenario of `spillway stress`, or its "
            "criteria: "
            "a good start for one of your own.\n"
            "schema: prints the JSON schema of the benchmark's protocols, or of those of stress.  Exit code: 0, 1 a "
            "protocol is wrong, 2 usage.",
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
    if (strcmp(words[0], "show") == 0 && n == 2)
        return show_suite(words[1]);
    if (strcmp(words[0], "schema") == 0 && n == 2 && strcmp(words[1], "stress") == 0)
        return print_bytes(embedded_docs_stress_schema_json, embedded_docs_stress_schema_json_size);
    fprintf(stderr, "spillway protocol: give \"check FILE...\", \"show\" or \"schema\"\n");
    return CMD_EXIT_USAGE;
}
