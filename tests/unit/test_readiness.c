/* The rule of readiness on hand-made criteria, and every rule of recommendations on hand-made figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "figures/readiness.h"
#include "figures/recommendations.h"

static const char *const IDS[] = {"loads-offloaded", "vram-saving", "all-complete",     "smooth",
                                  "steady-speed",    "long-answer", "no-repetition",    "no-loops",
                                  "coherent",        "accurate",    "preserves-quality"};
enum { N_IDS = sizeof IDS / sizeof *IDS };

static criterion_row rows[N_IDS + 1];
static criteria_list criteria;
static run_record run;
static subject_analysis subject;
static subject_record model;
static sweep_point sweep[2];
static fact_record facts[2]; // threads, memory of the GPU
static test_spread spread_of_test;
static server_record server;
static run_analysis analysis;

/* Everything is met, and nothing is to be said. */
static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < N_IDS; i++)
        rows[i] = (criterion_row){.id = IDS[i], .verdict = CRITERION_MET, .found = "found"};
    rows[N_IDS] = (criterion_row){.id = "expected-rate", .verdict = CRITERION_FAILED, .is_expectation = true};
    criteria = (criteria_list){rows, N_IDS + 1};
    server = (server_record){.side = SIDE_OFFLOADED};
    facts[0] = (fact_record){0, 0, FACT_N_THREADS, 8, "", "measured"};
    facts[1] = (fact_record){-1, -1, FACT_GPU_TOTAL_BYTES, 8e9, "", "measured"};
    run = (run_record){
        .info = {.status = "ok", .n_cores = 8}, .servers = &server, .n_servers = 1, .facts = facts, .n_facts = 2};
    spread_of_test = (test_spread){.n_asked = 3};
    model = (subject_record){.quantization = ""};
    subject = (subject_analysis){.subject = &model};
    subject.modes[MODE_STREAM] =
        (run_summary){.tests = &spread_of_test, .n_tests = 1, .n_completed = 3, .has_memory = true};
    subject.cause = (speed_cause){.token_bytes = 10e9, .token_expert_bytes = 6e9, .server_cpu_share = 0.5};
    snprintf(subject.cause.why, sizeof subject.cause.why, "because");
    analysis = (run_analysis){&run, &subject, 1};
    return 0;
}

static criterion_row *row_of(const char *id)
{
    for (int i = 0; i < N_IDS; i++) {
        if (strcmp(rows[i].id, id) == 0)
            return &rows[i];
    }
    fail_msg("no criterion %s", id);
    return NULL;
}

/* `decided` is the only row that did; NULL: none. */
static void assert_ready(const char *name, const char *decided)
{
    const readiness r = readiness_of(&run, &criteria, 0);
    assert_string_equal(readiness_name(r.verdict), name);
    assert_int_equal(r.n_rows, decided != NULL);
    if (decided != NULL)
        assert_string_equal(r.rows[0]->id, decided);
}

static void test_a_model_that_meets_all_is_ready(void **state)
{
    (void)state;
    assert_ready("ready", NULL);
    row_of("vram-saving")->verdict = row_of("long-answer")->verdict = CRITERION_INCONCLUSIVE;
    row_of("preserves-quality")->verdict = CRITERION_INCONCLUSIVE; // there is no GPU
    assert_ready("ready", NULL);
}

static void test_what_use_depends_on_rules_out(void **state)
{
    static const char *const NEEDED[] = {"loads-offloaded", "all-complete", "smooth",           "no-loops",
                                         "coherent",        "accurate",     "preserves-quality"};
    for (size_t i = 0; i < sizeof NEEDED / sizeof *NEEDED; i++) {
        setup(state);
        row_of(NEEDED[i])->verdict = CRITERION_FAILED;
        row_of("steady-speed")->verdict = CRITERION_FAILED; // a limit is not named beside what rules out
        assert_ready("not ready", NEEDED[i]);
        assert_non_null(strstr(READINESS_RULE, NEEDED[i]));
    }
    setup(state);
    row_of("all-complete")->verdict = CRITERION_INCONCLUSIVE; // nothing was asked
    assert_ready("not ready", "all-complete");
}

static void test_the_rest_limits(void **state)
{
    row_of("steady-speed")->verdict = CRITERION_FAILED;
    assert_ready("ready with limits", "steady-speed");
    setup(state);
    row_of("accurate")->verdict = CRITERION_INCONCLUSIVE;
    assert_ready("ready with limits", "accurate");
    setup(state);
    row_of("vram-saving")->verdict = CRITERION_FAILED;
    assert_ready("ready with limits", "vram-saving");
}

static void test_a_run_without_worth_makes_nothing_ready(void **state)
{
    (void)state;
    run.info.status = "invalid";
    assert_ready("not ready", NULL);
    assert_string_equal(readiness_of(&run, &criteria, 0).why, "the run is invalid");
    run.info.status = "aborted";
    assert_string_equal(readiness_of(&run, &criteria, 0).why, "the run is not complete");
}

/* ---- recommendations --------------------------------------------------------------------------------------------- */

static void assert_option_exists(const char *commands, const char *option, size_t n)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "`%.*s", (int)n, option);
    if (strstr(commands, quoted) == NULL)
        fail_msg("docs/commands.md has no option %s", quoted);
}

static void assert_options_exist(const recommendation *r)
{
    char *commands;
    size_t n;
    assert_int_equal(file_slurp(SPILLWAY_SOURCE_DIR "/docs/commands.md", 1 << 20, &commands, &n, NULL), SW_OK);
    for (const char *p = r->change; (p = strstr(p, "--")) != NULL; p += 2)
        assert_option_exists(commands, p, strcspn(p, " ,;"));
    mem_free(commands);
}

/* The only advice is this one; NULL: there is none. */
static void assert_advice(const char *id)
{
    recommendation_list list;
    recommendations_of(&analysis, &criteria, 0, &list);
    if (list.n != (id != NULL))
        fail_msg("%zu recommendations, first: %s", list.n, list.n > 0 ? list.items[0].id : "");
    if (id == NULL)
        return;
    assert_string_equal(list.items[0].id, id);
    assert_true(list.items[0].change[0] && list.items[0].effect[0] && list.items[0].evidence[0]);
    assert_options_exist(&list.items[0]);
}

static void test_a_bottleneck_has_its_remedy(void **state)
{
    static const struct {
        bottleneck which;
        const char *id;
    } REMEDIES[] = {
        {BOTTLENECK_UNKNOWN, NULL},
        {BOTTLENECK_SWAP, "less-memory"},
        {BOTTLENECK_THROTTLING, "cooling"},
        {BOTTLENECK_FOREIGN_LOAD, "idle-machine"},
        {BOTTLENECK_BANDWIDTH, "smaller-weights"},
        {BOTTLENECK_OVERHEAD, "thread-search"},
        {BOTTLENECK_COMPUTE, NULL}, // all cores compute
    };
    for (size_t i = 0; i < sizeof REMEDIES / sizeof *REMEDIES; i++) {
        setup(state);
        subject.cause.which = REMEDIES[i].which;
        assert_advice(REMEDIES[i].id);
    }
}

static void test_threads_are_as_many_as_cores(void **state)
{
    subject.cause.which = BOTTLENECK_COMPUTE;
    facts[0].number = 4;
    assert_advice("more-threads");
    setup(state);
    facts[0].number = 16;
    assert_advice("fewer-threads");
    subject.cause.server_cpu_share = NAN; // the server may be on another machine
    assert_advice(NULL);
}

static void test_experts_of_few_bytes_are_not_worth_it(void **state)
{
    (void)state;
    subject.cause.which = BOTTLENECK_BANDWIDTH;
    recommendation_list list;
    recommendations_of(&analysis, &criteria, 0, &list);
    assert_non_null(strstr(list.items[0].effect, "up to 43 %")); // 10 / (4 + 3)
    subject.cause.token_expert_bytes = 1e9;
    assert_advice(NULL);
    subject.cause.token_expert_bytes = NAN;
    assert_advice(NULL);
}

static void test_smaller_weights_are_smaller_than_those_of_the_file(void **state)
{
    (void)state;
    static const char *const SMALL[] = {"Q4_K", "Q4_0", "MXFP4", "IQ4_XS", "Q3_K", "Q2_K"};
    subject.cause.which = BOTTLENECK_BANDWIDTH;
    model.quantization = "Q8_0";
    recommendation_list list;
    recommendations_of(&analysis, &criteria, 0, &list);
    assert_string_equal(list.items[0].change, "spillway quantize --experts Q4_0");
    assert_non_null(strstr(list.items[0].effect, "up to 39 %")); // 10 / (4 + 6 * 4.5 / 8.5)
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++) {
        model.quantization = SMALL[i];
        assert_advice(NULL);
    }
}

static void test_what_fits_in_vram_and_is_faster_there_may_stay_there(void **state)
{
    (void)state;
    subject.memory =
        (memory_figures){.kind = SAVING_MEASURED, .vram_reference_bytes = 7e9, .vram_offloaded_bytes = 1e9};
    subject.modes[MODE_STREAM].decode_tps = 20;
    subject.modes[MODE_REFERENCE].decode_tps = 50;
    assert_advice("all-in-vram");
    recommendation_list list;
    recommendations_of(&analysis, &criteria, 0, &list);
    assert_string_equal(list.items[0].effect, "2.5 times the decode rate");
    subject.modes[MODE_REFERENCE].decode_tps = 21;
    assert_advice(NULL);
    subject.modes[MODE_REFERENCE].decode_tps = 50;
    facts[1].number = 6e9;
    assert_advice(NULL);
    facts[1].number = NAN;
    assert_advice(NULL);
}

static void test_a_temperature_that_was_tried_goes_before_a_penalty(void **state)
{
    (void)state;
    row_of("no-loops")->verdict = CRITERION_FAILED;
    sweep[0] = (sweep_point){.value = 0, .n = 3, .n_degenerate = 1, .repetition_mean = 0.2};
    sweep[1] = (sweep_point){.value = 0.7, .n = 3, .repetition_mean = 0.02, .mark_mean = 4.5};
    subject.sweep = sweep;
    recommendation_list list;
    for (subject.n_sweep = 0; subject.n_sweep <= 2; subject.n_sweep++) {
        assert_advice("repeat-penalty");
        recommendations_of(&analysis, &criteria, 0, &list);
        assert_int_equal(strstr(list.items[0].change, "run --temperature 0.7") != NULL, subject.n_sweep == 2);
    }
}

static void test_a_criterion_that_failed_has_its_remedy(void **state)
{
    row_of("no-repetition")->verdict = CRITERION_FAILED;
    assert_advice("repeat-penalty");
    setup(state);
    row_of("loads-offloaded")->verdict = CRITERION_FAILED;
    assert_advice("offloading");
    subject.modes[MODE_STREAM].n_completed = 0; // it did not load at all
    assert_advice(NULL);
    setup(state);
    row_of("preserves-quality")->verdict = CRITERION_FAILED;
    assert_advice("offloading-loss");
}

static void test_low_marks_have_their_remedy(void **state)
{
    (void)state;
    summary_row row = {.test = &(test_record){.answer = {.status = TEST_COMPLETED, .finish_reason = "length"}}};
    recommendation_list list;
    row_of("coherent")->verdict = CRITERION_FAILED;
    subject.mark_mean = 2;
    assert_advice("quality");
    recommendations_of(&analysis, &criteria, 0, &list);
    assert_non_null(strstr(list.items[0].change, "another model"));
    sweep[0] = (sweep_point){.value = 0.7, .n = 3, .mark_mean = 2.4};
    sweep[1] = (sweep_point){.value = 0, .n = 3, .mark_mean = 4};
    subject.sweep = sweep;
    subject.n_sweep = 2;
    assert_advice("quality");
    recommendations_of(&analysis, &criteria, 0, &list);
    assert_non_null(strstr(list.items[0].change, "run --temperature 0, "));
    subject.modes[MODE_STREAM].rows = &row;
    subject.modes[MODE_STREAM].n_rows = subject.modes[MODE_STREAM].n_completed = 1;
    assert_advice("quality");
    recommendations_of(&analysis, &criteria, 0, &list);
    assert_non_null(strstr(list.items[0].evidence, "1 of 1 answers were cut"));
    assert_non_null(strstr(list.items[0].change, "larger max_tokens"));
}

static void test_what_is_missing_is_asked_for(void **state)
{
    spread_of_test.n_asked = 1;
    assert_advice("repetitions");
    setup(state);
    server.side = SIDE_GIVEN;
    assert_advice(NULL);
    subject.modes[MODE_STREAM].has_memory = false;
    assert_advice("server-process");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_model_that_meets_all_is_ready, setup),
        cmocka_unit_test_setup(test_what_use_depends_on_rules_out, setup),
        cmocka_unit_test_setup(test_the_rest_limits, setup),
        cmocka_unit_test_setup(test_a_run_without_worth_makes_nothing_ready, setup),
        cmocka_unit_test_setup(test_a_bottleneck_has_its_remedy, setup),
        cmocka_unit_test_setup(test_threads_are_as_many_as_cores, setup),
        cmocka_unit_test_setup(test_experts_of_few_bytes_are_not_worth_it, setup),
        cmocka_unit_test_setup(test_smaller_weights_are_smaller_than_those_of_the_file, setup),
        cmocka_unit_test_setup(test_what_fits_in_vram_and_is_faster_there_may_stay_there, setup),
        cmocka_unit_test_setup(test_a_temperature_that_was_tried_goes_before_a_penalty, setup),
        cmocka_unit_test_setup(test_a_criterion_that_failed_has_its_remedy, setup),
        cmocka_unit_test_setup(test_low_marks_have_their_remedy, setup),
        cmocka_unit_test_setup(test_what_is_missing_is_asked_for, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
