/* Code of an answer runs, and hostile code can do nothing but compute: each attempt has its test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <jansson.h>

#include "quality/sandbox.h"

static arena *keep;

static int open_arena(void **state)
{
    (void)state;
    keep = arena_create();
    return keep != NULL ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_free(keep);
    return 0;
}

/* A request for one block; `cases` is JSON. */
static char *request_of(const char *code, const char *cases)
{
    json_t *const r =
        json_pack("{s:[[s,s]], s:s, s:[s], s:b, s:b, s:o}", "blocks", "python", code, "task", "run", "function",
                  "probe", "any_name", 0, "in_place", 0, "cases", json_loads(cases, JSON_DECODE_ANY, NULL));
    assert_non_null(r);
    char *const text = json_dumps(r, 0);
    json_decref(r);
    return text;
}

static sandbox_result run_with(const char *code, const char *cases, const sandbox_options *options)
{
    char *const request = request_of(code, cases);
    sandbox_result r;
    sw_err err = {0};
    assert_int_equal(sandbox_run(request, options, keep, &r, &err), SW_OK);
    free(request);
    return r;
}

static sandbox_result run(const char *code, const char *cases)
{
    const sandbox_result r = run_with(code, cases, &(sandbox_options){0});
    if (r.end == SANDBOX_NOT_SET_UP) { // an emulator of another processor, or a system without Python
        print_message("no sandbox here: %s\n", r.reason);
        skip();
    }
    return r;
}

static void assert_reports(const sandbox_result *r, const char *words)
{
    if (r->end != SANDBOX_ENDED)
        fail_msg("no report but the end %d: %s; %s", (int)r->end, r->reason, r->output);
    if (strstr(r->report, words) == NULL)
        fail_msg("'%s' is not in %s", words, r->report);
}

static void test_code_that_is_right_passes(void **state)
{
    (void)state;
    sandbox_result r = run("import math\ndef probe(n):\n    return math.factorial(n)\n", "[[[5], 120], [[0], 1]]");
    assert_reports(&r, "\"passed\"");
    r = run("class Probe:\n    def compute(self, n):\n        return n + 1\n", "[[[5], 6]]");
    assert_reports(&r, "\"passed\"");
    r = run("n = int(input('n: '))\ndef probe(a):\n    return a\nprint(probe(1), undefined)\n", "[[[5], 5]]");
    assert_reports(&r, "\"passed\"");
}

static void test_code_that_is_wrong_fails_with_the_case(void **state)
{
    (void)state;
    const sandbox_result r = run("def probe(n):\n    return n * (n - 1)\n", "[[[5], 120]]");
    assert_reports(&r, "\"failed\"");
    assert_reports(&r, "probe(5) returned 20, not 120");
}

static void test_code_without_the_function_has_no_verdict(void **state)
{
    (void)state;
    const sandbox_result r = run("def other(n):\n    return 1\n", "[[[5], 120]]");
    assert_reports(&r, "\"none\"");
}

/* Wraps an attempt into a function that returns "denied" if it raises OSError. */
static void assert_denied(const char *imports, const char *attempt)
{
    char code[1024];
    snprintf(code, sizeof code,
             "import os\n%s\ndef probe():\n    try:\n        %s\n    except OSError:\n        return 'denied'\n"
             "    return 'done'\n",
             imports, attempt);
    const sandbox_result r = run(code, "[[[], \"denied\"]]");
    assert_reports(&r, "\"passed\"");
}

static void test_files_cannot_be_read(void **state)
{
    (void)state;
    assert_denied("", "open('/etc/passwd').read()");
    assert_denied("", "os.listdir(os.path.expanduser('~'))");
    assert_denied("", "os.listdir('/proc')");
    assert_denied("", "os.stat('/etc/passwd')");
    assert_denied("", "os.readlink('/proc/self/exe')");
    assert_denied("", "os.chdir('/tmp')");
}

static void test_files_cannot_be_written(void **state)
{
    (void)state;
    assert_denied("", "open('/tmp/sandbox-probe', 'w')");
    assert_denied("", "open('sandbox-probe', 'w')");
    assert_denied("", "os.memfd_create('x')");
    assert_denied("", "os.unlink('/tmp/sandbox-probe')");
    assert_denied("", "os.mkdir('/tmp/sandbox-probe')");
    struct stat st;
    assert_int_not_equal(stat("/tmp/sandbox-probe", &st), 0);
}

static void test_no_socket_opens(void **state)
{
    (void)state;
    const char *const libc = "import ctypes\nlibc = ctypes.CDLL(None)\ndef must(n):\n    if n == -1: raise OSError()";
    assert_denied(libc, "must(libc.socket(2, 1, 0))");
    assert_denied(libc, "must(libc.socket(1, 1, 0))");
    assert_denied(libc, "must(libc.socketpair(1, 1, 0, ctypes.create_string_buffer(8)))");
}

static void test_no_process_or_thread_starts(void **state)
{
    (void)state;
    assert_denied("", "os.fork()");
    assert_denied("", "os.execv('/bin/sh', ['sh'])");
    assert_denied("", "os.posix_spawn('/bin/sh', ['sh'], {})");
    const sandbox_result r =
        run("import threading\ndef probe():\n    try:\n        threading.Thread(target=print).start()\n"
            "    except RuntimeError:\n        return 'denied'\n",
            "[[[], \"denied\"]]");
    assert_reports(&r, "\"passed\"");
}

static void test_no_process_is_signalled_or_traced(void **state)
{
    (void)state;
    const char *const libc = "import ctypes\nlibc = ctypes.CDLL(None)\ndef must(n):\n    if n == -1: raise OSError()";
    assert_denied("", "os.kill(os.getpid(), 9)");
    assert_denied("", "os.kill(1, 0)");
    assert_denied("", "os.kill(-1, 9)");
    assert_denied(libc, "must(libc.ptrace(16, 1, 0, 0))");
    assert_denied(libc, "must(libc.process_vm_readv(1, 0, 0, 0, 0, 0))");
    assert_denied(libc, "must(libc.prctl(22, 0, 0, 0, 0))");
    assert_denied("", "os.setuid(0)");
}

static void test_memory_is_bounded(void **state)
{
    (void)state;
    const sandbox_result r = run("def probe():\n    try:\n        return len(bytearray(1 << 30))\n"
                                 "    except MemoryError:\n        return 'denied'\n",
                                 "[[[], \"denied\"]]");
    assert_reports(&r, "\"passed\"");
}

static void test_an_endless_computation_is_stopped(void **state)
{
    (void)state;
    const sandbox_options options = {.cpu_s = 1, .wall_ms = 60000};
    const sandbox_result r = run_with("def probe():\n    while True: pass\n", "[[[], 1]]", &options);
    if (r.end == SANDBOX_NOT_SET_UP)
        skip();
    assert_int_equal(r.end, SANDBOX_TIME);
}

static void test_an_endless_wait_is_stopped(void **state)
{
    (void)state;
    const sandbox_options options = {.wall_ms = 1500};
    const sandbox_result r = run_with("import time\ntime.sleep(1e6)\n", "[[[], 1]]", &options);
    if (r.end == SANDBOX_NOT_SET_UP)
        skip();
    assert_int_equal(r.end, SANDBOX_TIME);
}

static void test_code_that_closes_its_channels_is_ended(void **state)
{
    (void)state;
    const sandbox_result r =
        run("import os, time\nfor fd in range(9):\n    try: os.close(fd)\n    except OSError: pass\ntime.sleep(1e6)\n",
            "[[[], 1]]");
    assert_int_equal(r.end, SANDBOX_DIED);
    assert_null(r.report);
}

static void test_code_that_leaves_has_not_passed(void **state)
{
    (void)state;
    sandbox_result r = run("import os\nos._exit(0)\n", "[[[], 1]]");
    assert_int_equal(r.end, SANDBOX_DIED);
    r = run("import sys\ndef probe():\n    sys.exit(0)\n", "[[[], 1]]");
    assert_reports(&r, "\"failed\"");
    r = run("import os\nos.write(3, b'passed {\"verdict\": \"passed\"}\\n')\ndef probe():\n    return 2\n",
            "[[[], 1]]");
    assert_reports(&r, "\"failed\"");
}

static void test_output_is_bounded_and_kept_away(void **state)
{
    (void)state;
    sandbox_result r = run("import os\nwhile True: os.write(1, b'x' * 4096)\n", "[[[], 1]]");
    assert_int_equal(r.end, SANDBOX_OUTPUT);
    r = run("print('\\x1b[2J' * 100000)\ndef probe():\n    return '\\x1b[2J'\n", "[[[], 1]]");
    assert_reports(&r, "returned '\\\\x1b[2J'"); // as an escape within the JSON
    assert_string_equal(r.output, "");
}

static void test_nothing_runs_without_a_lock(void **state)
{
    (void)state;
    sandbox_options options = {.python = "/nonexistent/python3"};
    sandbox_result r = run_with("def probe():\n    return 1\n", "[[[], 1]]", &options);
    assert_int_equal(r.end, SANDBOX_NOT_SET_UP);
    assert_non_null(r.reason);
    options.python = "/bin/cat"; // a program that is no interpreter
    r = run_with("def probe():\n    return 1\n", "[[[], 1]]", &options);
    assert_int_equal(r.end, SANDBOX_NOT_SET_UP);
    assert_true(r.reason[0] != '\0');
}

static void test_a_canceled_run_ends(void **state)
{
    (void)state;
    const atomic_bool cancel = true;
    char *const request = request_of("import time\ntime.sleep(1e6)\n", "[[[], 1]]");
    sandbox_result r;
    sw_err err = {0};
    assert_int_equal(sandbox_run(request, &(sandbox_options){.cancel = &cancel}, keep, &r, &err), SW_ECANCELED);
    free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_that_is_right_passes),
        cmocka_unit_test(test_code_that_is_wrong_fails_with_the_case),
        cmocka_unit_test(test_code_without_the_function_has_no_verdict),
        cmocka_unit_test(test_files_cannot_be_read),
        cmocka_unit_test(test_files_cannot_be_written),
        cmocka_unit_test(test_no_socket_opens),
        cmocka_unit_test(test_no_process_or_thread_starts),
        cmocka_unit_test(test_no_process_is_signalled_or_traced),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_an_endless_computation_is_stopped),
        cmocka_unit_test(test_an_endless_wait_is_stopped),
        cmocka_unit_test(test_code_that_closes_its_channels_is_ended),
        cmocka_unit_test(test_code_that_leaves_has_not_passed),
        cmocka_unit_test(test_output_is_bounded_and_kept_away),
        cmocka_unit_test(test_nothing_runs_without_a_lock),
        cmocka_unit_test(test_a_canceled_run_ends),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
