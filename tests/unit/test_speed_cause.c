/* Every bottleneck is named by its rule, at the threshold and not below, with the figures that decided. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/speed_cause.h"

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
        fail_msg("%.12g is not %.12g", got, wanted);
}

enum { N_SAMPLES = 11, N_FACTS = 4 };

/* One test of 10 s at 20 tok/s on 8 cores, sampled each second; 4 threads compute. */
typedef struct scene {
    run_record run;
    run_summary summary;
    summary_row row;
    test_record test;
    fact_record facts[N_FACTS];
    resource_sample samples[N_SAMPLES];
} scene;

static scene *set_up(double read_bandwidth, double busy_threads)
{
    static scene s;
    s = (scene){0};
    s.test = (test_record){.start_ms = 1000,
                           .server = 0,
                           .answer = {.status = TEST_COMPLETED, .end_ns = 10000000000, .prompt_tokens = 100}};
    s.row = (summary_row){.test = &s.test, .metrics = {.n_tokens = 200, .e2e_ms = 10000}};
    s.summary = (run_summary){.rows = &s.row, .n_rows = 1, .decode_tps = 20};
    const fact_record facts[] = {{0, -1, FACT_TOKEN_BYTES, 1e9, "", ""},
                                 {0, 0, FACT_KV_BYTES_PER_TOKEN, 1e6, "", ""},
                                 {-1, -1, FACT_READ_BANDWIDTH, read_bandwidth, "", ""},
                                 {0, 0, FACT_N_THREADS, 4, "", ""}};
    memcpy(s.facts, facts, sizeof facts);
    for (int i = 0; i < N_SAMPLES; i++) {
        s.samples[i] = (resource_sample){.t_ms = 1000 + 1000 * i, .values = sample_values_none()};
        s.samples[i].values.v[SAMPLE_SERVER_CPU] = busy_threads * i;
        s.samples[i].values.v[SAMPLE_MACHINE_CPU] = busy_threads * i + 0.4 * i;
        s.samples[i].values.v[SAMPLE_CLIENT_CPU] = 0.1 * i;
        s.samples[i].values.v[SAMPLE_MAJOR_FAULTS] = 5;
        s.samples[i].values.v[SAMPLE_THROTTLED] = 3;
    }
    s.run = (run_record){
        .info = {.n_cores = 8}, .facts = s.facts, .n_facts = N_FACTS, .samples = s.samples, .n_samples = N_SAMPLES};
    return &s;
}

static speed_cause cause_of(const scene *s)
{
    return speed_cause_of(&s->run, 0, &s->summary);
}

static void assert_cause(const scene *s, bottleneck which, const char *figure)
{
    const speed_cause c = cause_of(s);
    if (c.which != which || strstr(c.why, figure) == NULL)
        fail_msg("%s: %s", bottleneck_name(c.which), c.why);
}

static void test_bytes_and_bandwidth(void **state)
{
    (void)state;
    const speed_cause c = cause_of(set_up(40e9, 3.6));
    assert_near(c.mean_context, 200); // 100 of the prompt, half of 200
    assert_near(c.kv_bytes, 2e8);
    assert_near(c.token_bytes, 1.2e9);
    assert_near(c.effective_bandwidth, 24e9);
    assert_near(c.share, 0.6);
    assert_near(c.roofline_tps, 40 / 1.2);
    assert_near(c.server_cpu_share, 3.6 / 8);
    assert_near(c.busy_share, 0.9);
    assert_near(c.foreign_load_share, 0.3 / 8);
    assert_near(c.major_faults_per_s, 0);
    assert_true(isnan(c.psi_memory_pct) && isnan(c.token_expert_bytes));
    assert_false(c.is_throttled);
}

static void test_limits_are_named(void **state)
{
    (void)state;
    assert_cause(set_up(40e9, 3.6), BOTTLENECK_BANDWIDTH, "60 % of the 40 GB/s");
    assert_cause(set_up(41e9, 3.6), BOTTLENECK_COMPUTE, "90 %");
    assert_cause(set_up(41e9, 3.2), BOTTLENECK_COMPUTE, "80 %");
    assert_cause(set_up(41e9, 3.1), BOTTLENECK_OVERHEAD, "78 %");
    assert_cause(set_up(NAN, 3.6), BOTTLENECK_UNKNOWN, "not known"); // busy with what?
    assert_cause(set_up(NAN, 1), BOTTLENECK_OVERHEAD, "25 %");
    assert_cause(set_up(41e9, NAN), BOTTLENECK_UNKNOWN, "not measured");
    scene *s = set_up(40e9, 3.6);
    s->summary.decode_tps = NAN;
    assert_cause(s, BOTTLENECK_UNKNOWN, "decode rate");
}

static void test_paging_is_named(void **state)
{
    (void)state;
    scene *s = set_up(40e9, 3.6);
    for (int i = 0; i < N_SAMPLES; i++)
        s->samples[i].values.v[SAMPLE_MAJOR_FAULTS] = 100 * i;
    assert_cause(s, BOTTLENECK_SWAP, "100 a second");
    s->samples[N_SAMPLES - 1].values.v[SAMPLE_MAJOR_FAULTS]--;
    assert_cause(s, BOTTLENECK_BANDWIDTH, "GB/s");
    for (int i = 0; i < N_SAMPLES; i++)
        s->samples[i].values.v[SAMPLE_PSI_MEMORY] = 10;
    assert_cause(s, BOTTLENECK_SWAP, "10 %");
}

static void test_throttling_is_named_if_it_happens_during_a_test(void **state)
{
    (void)state;
    scene *s = set_up(40e9, 3.6);
    s->samples[N_SAMPLES - 1].values.v[SAMPLE_THROTTLED]++;
    assert_cause(s, BOTTLENECK_THROTTLING, "heat");
    s->samples[N_SAMPLES - 1].t_ms = 12000; // after the test
    assert_cause(s, BOTTLENECK_BANDWIDTH, "GB/s");
}

static void test_foreign_load_is_named(void **state)
{
    (void)state;
    scene *s = set_up(40e9, 3.6);
    for (int i = 0; i < N_SAMPLES; i++)
        s->samples[i].values.v[SAMPLE_MACHINE_CPU] += 0.6 * i; // 0.9 of 8 cores
    assert_cause(s, BOTTLENECK_FOREIGN_LOAD, "11 %");
    s->run.n_samples = 0;
    s->facts[3] = (fact_record){-1, -1, FACT_FOREIGN_LOAD, 12, "", ""};
    assert_cause(s, BOTTLENECK_FOREIGN_LOAD, "12 %");
}

static void test_stalls_are_named(void **state)
{
    (void)state;
    scene *s = set_up(40e9, 3.6);
    s->row.metrics.stall_ms = 1000;
    assert_cause(s, BOTTLENECK_STALLS, "10 %");
    s->row.metrics.stall_ms = 999;
    assert_cause(s, BOTTLENECK_BANDWIDTH, "GB/s");
}

static void test_samples_of_other_servers_do_not_count(void **state)
{
    (void)state;
    scene *s = set_up(41e9, 3.6);
    for (int i = 0; i < N_SAMPLES; i += 2)
        s->samples[i].server = 1;
    const speed_cause c = cause_of(s);
    assert_near(c.busy_share, 0.9);
    s->test.server = 2;
    assert_cause(s, BOTTLENECK_UNKNOWN, "not measured");
}

static void test_a_restarted_process_counts_from_zero(void **state)
{
    (void)state;
    scene *s = set_up(41e9, 3.6);
    for (int i = 5; i < N_SAMPLES; i++)
        s->samples[i].values.v[SAMPLE_MAJOR_FAULTS] = 0;
    assert_near(cause_of(s).major_faults_per_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_and_bandwidth),
        cmocka_unit_test(test_limits_are_named),
        cmocka_unit_test(test_paging_is_named),
        cmocka_unit_test(test_throttling_is_named_if_it_happens_during_a_test),
        cmocka_unit_test(test_foreign_load_is_named),
        cmocka_unit_test(test_stalls_are_named),
        cmocka_unit_test(test_samples_of_other_servers_do_not_count),
        cmocka_unit_test(test_a_restarted_process_counts_from_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
