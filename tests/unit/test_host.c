/* Servers that are measured: started clean, cold and warm, or given; what they are, how they are set, and where their
 * experts are, also if one is elsewhere than it was asked for.
 *
 * This program is the server that it starts: with arguments it is spillway itself, in which SPILLWAY_TEST_MOVED moves
 * one expert.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/cmd.h"
#include "engine/tiers.h"
#include "hosts/cold_file.h"
#include "hosts/host.h"
#include "hosts/machine_facts.h"
#include "support/temp_dir.h"

static const char MODEL[] = SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf";
static const char *const OPTIONS[] = {"--ctx-size", "256", "--threads", "2", "--parallel", "2"};
static const atomic_bool GO_ON;

typedef struct fixture {
    arena *keep;
    subject_list subjects;
    temp_path log;
} fixture;

static int setup(void **state)
{
    fixture *const f = calloc(1, sizeof *f);
    const char *const path = MODEL;
    sw_err err = {0};
    f->keep = arena_create();
    f->log = temp_file("server.log");
    if (subject_list_from_files(&f->subjects, &path, 1, NULL, f->keep, NULL, &err) != SW_OK)
        fail_msg("%s", err.msg);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *const f = *state;
    arena_free(f->keep);
    free(f);
    return 0;
}

static bench_host *open_host(fixture *f, server_side side, bool measures_cold, const char *url)
{
    const host_options options = {.subject = &f->subjects.items[0],
                                  .side = side,
                                  .serve_options = OPTIONS,
                                  .n_serve_options = sizeof OPTIONS / sizeof *OPTIONS,
                                  .measures_cold = measures_cold,
                                  .log_path = f->log.s,
                                  .url = url,
                                  .clock = clock_or_system(NULL),
                                  .cancel = &GO_ON};
    bench_host *host;
    sw_err err = {0};
    if (host_open(&host, &options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return host;
}

static const fact_record *fact(const bench_host *host, fact_name name)
{
    size_t n;
    const fact_record *const facts = host_facts(host, &n);
    for (size_t i = n; i-- > 0;) {
        if (facts[i].name == name)
            return &facts[i];
    }
    return NULL;
}

static double number(const bench_host *host, fact_name name)
{
    const fact_record *const f = fact(host, name);
    if (f == NULL)
        fail_msg("no fact %s", FACT_IDS[name].name);
    return f->number;
}

static const char *text(const bench_host *host, fact_name name)
{
    const fact_record *const f = fact(host, name);
    if (f == NULL)
        fail_msg("no fact %s", FACT_IDS[name].name);
    return f->text;
}

static uint64_t bytes_of(const bench_host *host, const char *tier, const char *tensor_class)
{
    size_t n;
    uint64_t sum = 0;
    const placement_row *const rows = host_placement(host, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].tier, tier) == 0 && strcmp(rows[i].tensor_class, tensor_class) == 0)
            sum += rows[i].bytes;
    }
    return sum;
}

static void test_an_own_server_is_started_cold_then_warm_and_says_what_it_is(void **state)
{
    fixture *const f = *state;
    const subject_record *const subject = &f->subjects.items[0].record;
    bench_host *const host = open_host(f, SIDE_OFFLOADED, /*measures_cold=*/true, NULL);
    assert_true(host_is_spillway(host) && host_is_alive(host));
    assert_true(number(host, FACT_LOAD_COLD_MS) > 0 && number(host, FACT_LOAD_WARM_MS) > 0);
    assert_true(number(host, FACT_FIRST_TOKEN_LOAD_MS) >= number(host, FACT_LOAD_COLD_MS));
    assert_true(number(host, FACT_COLD_CACHED_BYTES) <= (double)subject->file_bytes);
    assert_true(number(host, FACT_N_THREADS) == 2 && number(host, FACT_N_CTX) == 256);
    assert_true(number(host, FACT_N_SLOTS) == 2 && number(host, FACT_KV_BYTES_PER_TOKEN) > 0);
    assert_string_equal(text(host, FACT_KV_TYPE), "f16");
    assert_string_equal(text(host, FACT_BACKEND), "cpu");
    assert_non_null(strstr(text(host, FACT_SAMPLER), "temperature 0.3, "));
    assert_string_equal(text(host, FACT_PLACEMENT_EFFECT), "none");
    assert_non_null(strstr(text(host, FACT_PLACEMENT_REASON), "--cpu-moe"));
    assert_string_equal(text(host, FACT_EXPERTS_VERIFIED), "in RAM");
    const server_record record = host_record(host);
    assert_int_equal(strncmp(record.software, "spillway ", 9), 0);
    assert_non_null(strstr(record.command, "--parallel 2 --cpu-moe"));
    assert_string_equal(host_models(host)->ids[0], subject->name);
    double experts = 0; // of the file: in memory they take as many bytes
    for (size_t i = 0; i < f->subjects.items[0].n_facts; i++)
        experts =
            f->subjects.items[0].facts[i].name == FACT_EXPERT_BYTES ? f->subjects.items[0].facts[i].number : experts;
    assert_true(experts > 0 && bytes_of(host, "ram", "experts") == (uint64_t)experts);
    assert_true(bytes_of(host, "ram", "kv") == 2 * 256 * (uint64_t)number(host, FACT_KV_BYTES_PER_TOKEN));
    assert_int_equal(bytes_of(host, "vram", "experts"), 0);
    assert_true(number(host, FACT_PLAN_VRAM_BYTES) == 0);
    assert_true(number(host, FACT_PLAN_RAM_BYTES) > (double)subject->file_bytes / 2);
    host_close(host);
}

static void test_a_given_server_says_the_same_and_is_not_ended(void **state)
{
    fixture *const f = *state;
    bench_host *const own = open_host(f, SIDE_REFERENCE, /*measures_cold=*/false, NULL);
    assert_null(strstr(host_record(own).command, "--cpu-moe"));
    assert_string_equal(text(own, FACT_PLACEMENT_EFFECT), "default");
    bench_host *const given = open_host(f, SIDE_GIVEN, /*measures_cold=*/false, host_record(own).url);
    assert_null(fact(given, FACT_LOAD_COLD_MS));
    assert_string_equal(host_record(given).command, "");
    assert_string_equal(text(given, FACT_EXPERTS_VERIFIED), "in RAM");
    assert_true(number(given, FACT_N_THREADS) == 2);
    assert_non_null(host_watch(given));
    assert_true(number(given, FACT_PROCESS_ID) == number(own, FACT_PROCESS_ID));
    host_close(given);
    assert_true(host_is_alive(own));
    host_close(own);
}

static void test_one_expert_that_is_elsewhere_is_found_and_named(void **state)
{
    fixture *const f = *state;
    setenv("SPILLWAY_TEST_MOVED", "1", 1);
    bench_host *const host = open_host(f, SIDE_OFFLOADED, /*measures_cold=*/false, NULL);
    unsetenv("SPILLWAY_TEST_MOVED");
    assert_string_equal(text(host, FACT_EXPERTS_VERIFIED), "mixed");
    assert_non_null(strstr(text(host, FACT_EXPERTS_EVIDENCE), "63 of 64 experts are in RAM"));
    assert_non_null(strstr(text(host, FACT_EXPERTS_EVIDENCE), "in VRAM are expert 5 of layer 2"));
    assert_true(bytes_of(host, "vram", "experts") > 0);
    host_close(host);
}

static void test_the_reference_is_started_without_the_users_placement(void **state)
{
    fixture *const f = *state;
    static const char *const PLACED[] = {"--n-cpu-moe", "2", "--ctx-size", "256", "--cpu-moe=true", "-ncmoe=1"};
    const host_options options = {.subject = &f->subjects.items[0],
                                  .side = SIDE_REFERENCE,
                                  .serve_options = PLACED,
                                  .n_serve_options = sizeof PLACED / sizeof *PLACED,
                                  .log_path = f->log.s,
                                  .clock = clock_or_system(NULL),
                                  .cancel = &GO_ON};
    bench_host *host;
    sw_err err = {0};
    if (host_open(&host, &options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_non_null(strstr(host_record(host).command, "demo-gpt-oss.gguf --ctx-size 256"));
    assert_null(strstr(host_record(host).command, "moe"));
    host_close(host);
}

static void test_a_server_that_cannot_start_says_where_the_reason_is(void **state)
{
    fixture *const f = *state;
    static const char *const BAD[] = {"--no-such-option"};
    const host_options options = {.subject = &f->subjects.items[0],
                                  .side = SIDE_GIVEN,
                                  .serve_options = BAD,
                                  .n_serve_options = 1,
                                  .log_path = f->log.s,
                                  .clock = clock_or_system(NULL),
                                  .cancel = &GO_ON};
    bench_host *host;
    sw_err err = {0};
    assert_int_equal(host_open(&host, &options, &err), SW_EIO);
    assert_null(host);
    assert_non_null(strstr(err.msg, f->log.s));
}

static void test_the_page_cache_of_a_file_is_seen(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    char *const data = calloc(N, 1);
    const temp_path path = temp_file("cached");
    temp_write(path.s, data, N);
    assert_true(cold_file_cached(path.s) == N); // it was written just now
    cold_file_drop(path.s);
    assert_true(cold_file_cached(path.s) <= N); // a file system in memory keeps it
    assert_true(isnan(cold_file_cached("/nowhere")) && isnan(cold_file_cached("/tmp")));
    free(data);
}

static void test_the_machine_is_measured_before_a_run(void **state)
{
    const fixture *const f = *state;
    static const fact_name NUMBERS[] = {FACT_AVAILABLE_AT_START, FACT_FREE_STORAGE_BYTES, FACT_READ_BANDWIDTH};
    const fact_record *facts;
    size_t n, n_found = 0;
    sw_err err = {0};
    assert_int_equal(machine_facts_of_run("/tmp", true, f->keep, &facts, &n, &err), SW_OK);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < sizeof NUMBERS / sizeof *NUMBERS; k++)
            n_found += facts[i].name == NUMBERS[k] && facts[i].number > 0;
        n_found += facts[i].name == FACT_GPU_NAME && facts[i].text[0] != '\0'; // or why there is none
    }
    assert_int_equal(n_found, 4);
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

static void move_one(void *ud, const hparams *h, model_placement *p)
{
    (void)ud;
    (void)h;
    placement_set_expert(p, 2, 5, TIER_VRAM);
}

static int serve(int argc, char **argv)
{
    static const engine_tiers MOVED = {.devices = {{.vram_bytes = 1 << 30}}, .n_devices = 1, .place = move_one};
    if (getenv("SPILLWAY_TEST_MOVED") != NULL)
        tiers_set(&MOVED);
    return cmd_main(argc, argv);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_own_server_is_started_cold_then_warm_and_says_what_it_is),
        cmocka_unit_test(test_a_given_server_says_the_same_and_is_not_ended),
        cmocka_unit_test(test_one_expert_that_is_elsewhere_is_found_and_named),
        cmocka_unit_test(test_the_reference_is_started_without_the_users_placement),
        cmocka_unit_test(test_a_server_that_cannot_start_says_where_the_reason_is),
        cmocka_unit_test(test_the_page_cache_of_a_file_is_seen),
        cmocka_unit_test(test_the_machine_is_measured_before_a_run),
    };
    return argc > 1 ? serve(argc, argv) : cmocka_run_group_tests(tests, setup, teardown);
}
