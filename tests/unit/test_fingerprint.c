/* What identifies a run changes its fingerprint, and nothing else does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suite/fingerprint.h"

/* A run whose parts a test changes. */
typedef struct parts {
    subject_record subject;
    server_record servers[2];
    placement_row rows[2];
    fact_record facts[3];
    run_record run;
    bench_options options;
} parts;

static void make(parts *p)
{
    *p = (parts){
        .subject = {.name = "m", .file_hash = "sampled-sha256:1", .quantization = "MXFP4"},
        .servers =
            {{.side = SIDE_OFFLOADED, .url = "http://a", .software = "spillway 1", .command = "c"},
             {.side = SIDE_OFFLOADED, .url = "http://b", .software = "spillway 1", .command = "c", .session = 1}},
        .rows = {{.tier = "ram", .tensor_class = "experts", .bytes = 10, .requested = "ram", .source = "s"},
                 {.tier = "ram", .tensor_class = "kv", .bytes = 10, .requested = "ram", .source = "s"}},
        .facts = {{0, 0, FACT_N_THREADS, 4, "", "s"},
                  {0, 0, FACT_LOAD_WARM_MS, 40, "", "s"},
                  {-1, -1, FACT_GPU_NAME, NAN, "H", "s"}},
        .options = {.settings = settings_none()},
    };
    p->run = (run_record){.info = {.version = "1",
                                   .url = "http://a",
                                   .protocol_hash = "fnv1a64:1",
                                   .cpu = "c",
                                   .os = "o",
                                   .n_cores = 4,
                                   .n_sessions = 1,
                                   .memory_bytes = 100},
                          .subjects = &p->subject,
                          .n_subjects = 1,
                          .servers = p->servers,
                          .n_servers = 1,
                          .placement = p->rows,
                          .n_placement = 2,
                          .facts = p->facts,
                          .n_facts = 3};
}

/* Compares the fingerprint with that of the parts as `make` leaves them. */
static bool is_same(const parts *changed)
{
    parts plain;
    char a[FINGERPRINT_BYTES], b[FINGERPRINT_BYTES];
    make(&plain);
    fingerprint_of(&plain.run, &plain.options, a);
    fingerprint_of(&changed->run, &changed->options, b);
    assert_int_equal(strlen(a), FINGERPRINT_BYTES - 1);
    return strcmp(a, b) == 0;
}

#define ASSERT_CHANGES(statement)                                                                                      \
    do {                                                                                                               \
        make(&p);                                                                                                      \
        statement;                                                                                                     \
        assert_false(is_same(&p));                                                                                     \
    } while (0)
#define ASSERT_KEEPS(statement)                                                                                        \
    do {                                                                                                               \
        make(&p);                                                                                                      \
        statement;                                                                                                     \
        assert_true(is_same(&p));                                                                                      \
    } while (0)

static void test_what_identifies_a_run_changes_it(void **state)
{
    (void)state;
    static const char *const OPTIONS[] = {"--threads"};
    parts p;
    ASSERT_CHANGES(p.run.info.version = "2");
    ASSERT_CHANGES(p.run.info.protocol_hash = "fnv1a64:2");
    ASSERT_CHANGES(p.run.info.cpu = "d");
    ASSERT_CHANGES(p.run.info.n_cores = 5);
    ASSERT_CHANGES(p.subject.file_hash = "sampled-sha256:2");
    ASSERT_CHANGES(p.subject.quantization = "F16");
    ASSERT_CHANGES(p.servers[0].software = "spillway 2");
    ASSERT_CHANGES(p.servers[0].side = SIDE_REFERENCE);
    ASSERT_CHANGES(p.rows[0].tier = "vram");
    ASSERT_CHANGES(p.rows[0].bytes = 11);
    ASSERT_CHANGES(p.facts[0].number = 5);
    ASSERT_CHANGES(p.facts[2].text = "I");
    ASSERT_CHANGES(p.options.settings.v[SETTING_TEMPERATURE] = 0.7);
    ASSERT_CHANGES(p.options.sweep.n = 1);
    ASSERT_CHANGES(p.options.route = ROUTE_SHIMMY_WS);
    ASSERT_CHANGES((p.options.serve_options = OPTIONS, p.options.n_serve_options = 1));
}

static void test_addresses_times_and_sessions_do_not(void **state)
{
    (void)state;
    parts p;
    ASSERT_KEEPS(p.run.info.url = "http://b");
    ASSERT_KEEPS(p.servers[0].url = "http://b");
    ASSERT_KEEPS(p.servers[0].started_ms = 7);
    ASSERT_KEEPS(p.run.n_servers = 2); // resumed: the same server again
    ASSERT_KEEPS(p.rows[1].bytes = 20);
    ASSERT_KEEPS(p.facts[1].number = 50);
    ASSERT_KEEPS(p.run.info.started_unix_ms = 7);
    ASSERT_KEEPS(p.options.settings.v[SETTING_TIME_BUDGET] = 60);
    ASSERT_KEEPS(p.subject.name = "another name of the same file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_identifies_a_run_changes_it),
        cmocka_unit_test(test_addresses_times_and_sessions_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
