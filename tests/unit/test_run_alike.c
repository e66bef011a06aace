/* Runs that differ in anything but the part that is compared are unlike, and the part is named. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/run_alike.h"
#include "support/record_maker.h"

typedef struct scene {
    run_record run;
    test_record test;
    subject_record subject;
    server_record servers[2];
    fact_record facts[6];
    placement_row rows[2];
} scene;

static void set_up(scene *s)
{
    const fact_record facts[] = {{0, 0, FACT_N_CTX, 4096, "", ""},     {0, 0, FACT_KV_TYPE, NAN, "f16", ""},
                                 {0, 0, FACT_N_THREADS, 4, "", ""},    {-1, -1, FACT_GPU_NAME, NAN, "none", ""},
                                 {0, -1, FACT_TOKEN_BYTES, 1, "", ""}, {0, 0, FACT_LOAD_COLD_MS, 900, "", ""}};
    const placement_row rows[] = {{0, "ram", "experts", 1000, "ram", "allocations"},
                                  {0, "ram", "kv", 10, "ram", "allocations"}};
    *s = (scene){0};
    s->run = record_run(&s->test, 1);
    s->subject = s->run.subjects[0];
    s->servers[0] = s->servers[1] = s->run.servers[0];
    memcpy(s->facts, facts, sizeof facts);
    memcpy(s->rows, rows, sizeof rows);
    s->run.subjects = &s->subject;
    s->run.servers = s->servers;
    s->run.facts = s->facts;
    s->run.n_facts = 6;
    s->run.placement = s->rows;
    s->run.n_placement = 2;
}

static void assert_difference(const scene *a, const scene *b, const char *part, const char *of_a, const char *of_b)
{
    run_differences d;
    assert_int_equal(run_alike(&a->run, &b->run, NULL, &d, NULL), SW_OK);
    assert_int_equal(d.n, 1);
    assert_string_equal(d.items[0].part, part);
    assert_string_equal(d.items[0].a, of_a);
    assert_string_equal(d.items[0].b, of_b);
    run_differences_free(&d);
    assert_int_equal(run_alike(&a->run, &b->run, part, &d, NULL), SW_OK); // the knob
    assert_int_equal(d.n, 0);
    run_differences_free(&d);
}

static void test_equal_runs_are_alike(void **state)
{
    (void)state;
    scene a, b;
    set_up(&a);
    set_up(&b);
    b.run.info.id = 2; // what was measured, and when, may differ
    b.run.info.started_unix_ms++;
    b.facts[5].number = 1000;
    b.rows[1].bytes = 20;
    b.subject.file_name = "renamed.gguf";
    b.run.n_servers = 2; // resumed
    run_differences d;
    assert_int_equal(run_alike(&a.run, &b.run, NULL, &d, NULL), SW_OK);
    assert_int_equal(d.n, 0);
    run_differences_free(&d);
}

static void test_each_part_is_compared(void **state)
{
    (void)state;
    scene a, b;
    set_up(&a);
    set_up(&b);
    b.facts[0].number = 8192;
    assert_difference(&a, &b, "n_ctx", "4096", "8192");
    set_up(&b);
    b.facts[1].text = "q8_0";
    assert_difference(&a, &b, "kv_type", "f16", "q8_0");
    set_up(&b);
    b.facts[3].text = "H100";
    assert_difference(&a, &b, "gpu_name", "none", "H100");
    set_up(&b);
    b.facts[2].name = FACT_PROCESS_ID; // not told
    assert_difference(&a, &b, "n_threads", "4", "-");
    set_up(&b);
    b.rows[0].tier = "vram";
    assert_difference(&a, &b, "placement", "experts in ram: 1000", "experts in vram: 1000");
    set_up(&b);
    b.subject.file_hash = "other";
    assert_difference(&a, &b, "models", "h MXFP4", "other MXFP4");
    set_up(&b);
    b.servers[0].software = "llama-server b1";
    assert_difference(&a, &b, "server", "spillway 1 (offloaded)", "llama-server b1 (offloaded)");
    set_up(&b);
    b.run.info.protocol_hash = "x";
    assert_difference(&a, &b, "protocol", "p h", "p x");
    set_up(&b);
    b.facts[5] = (fact_record){-1, -1, FACT_PROTOCOL_DIFFERENCE, NAN, "pause 0 in place of 5", ""};
    assert_difference(&a, &b, "settings", "-", "pause 0 in place of 5");
    set_up(&b);
    b.run.info.n_cores = 4;
    assert_difference(&a, &b, "cores", "8", "4");
    set_up(&b);
    b.run.info.version = "2";
    assert_difference(&a, &b, "version", "1", "2");
}

static void test_long_values_are_cut_but_compared_whole(void **state)
{
    (void)state;
    scene a, b;
    set_up(&a);
    set_up(&b);
    char long_a[400], long_b[400];
    memset(long_a, 'x', sizeof long_a);
    long_a[398] = '1';
    long_a[399] = '\0';
    memcpy(long_b, long_a, sizeof long_b);
    long_b[398] = '2';
    a.run.info.cpu = long_a;
    b.run.info.cpu = long_b;
    run_differences d;
    assert_int_equal(run_alike(&a.run, &b.run, NULL, &d, NULL), SW_OK);
    assert_int_equal(d.n, 1);
    assert_int_equal(strlen(d.items[0].a), RUN_VALUE_BYTES - 1);
    run_differences_free(&d);
}

static void test_a_knob_must_be_a_part(void **state)
{
    (void)state;
    scene a;
    set_up(&a);
    run_differences d;
    sw_err err = {0};
    assert_int_equal(run_alike(&a.run, &a.run, "speed", &d, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "'speed'"));
    run_differences_free(&d);
    assert_string_equal(run_part_name(0), "version");
    assert_null(run_part_name(100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_runs_are_alike),
        cmocka_unit_test(test_each_part_is_compared),
        cmocka_unit_test(test_long_values_are_cut_but_compared_whole),
        cmocka_unit_test(test_a_knob_must_be_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
