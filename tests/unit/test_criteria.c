/* test_criteria.c - every criterion is seen met, failed and inconclusive, on a run that changes in one respect. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/criteria.h"
#include "figures/memory_figures.h"

enum { N_TOKENS = 200, MS = 1000000 };

/* A model with one answered test: 200 tokens, one each 10 ms, no complaint. */
typedef struct example {
    arrival arrivals[N_TOKENS];
    check_record checks[1];
    test_record test;
    summary_row rows[1];
    subject_record subject_record;
    server_record server;
    fact_record facts[2];
    run_record run;
    subject_analysis subject;
    run_analysis analysis;
} example;

static example e;

static void fill_test(void)
{
    for (int i = 0; i < N_TOKENS; i++)
        e.arrivals[i] = (arrival){.t_ns = (int64_t)(100 + 10 * i) * MS, .n_bytes = 4};
    e.checks[0] = (check_record){"plot", "characters", false, 1, CHECK_PASSED, ""};
    e.test = (test_record){.plan = {.name = "story", .temperature = 0.3},
                           .answer = {.status = TEST_COMPLETED, .arrivals = e.arrivals, .n_arrivals = N_TOKENS},
                           .checks = e.checks,
                           .n_checks = 1};
    e.rows[0].test = &e.test;
    e.rows[0].metrics = (test_metrics){.n_tokens = N_TOKENS,
                                       .e2e_ms = 2100,
                                       .decode_ms = 1990,
                                       .chunk_ms = {.n = N_TOKENS - 1, .max = 10},
                                       .responsiveness = 1,
                                       .repetition = {.score = 0.05}};
}

static void fill(void)
{
    memset(&e, 0, sizeof e);
    fill_test();
    e.subject_record = (subject_record){.name = "m", .family = "gpt-oss"};
    e.server = (server_record){.side = SIDE_OFFLOADED};
    e.facts[0] = (fact_record){0, 0, FACT_EXPERTS_VERIFIED, NAN, "in RAM", "allocations"};
    e.facts[1] = (fact_record){0, 0, FACT_EXPERTS_EVIDENCE, NAN, "96 of 96 experts", "allocations"};
    e.run = (run_record){.subjects = &e.subject_record,
                         .n_subjects = 1,
                         .servers = &e.server,
                         .n_servers = 1,
                         .facts = e.facts,
                         .n_facts = 2};
    e.subject =
        (subject_analysis){.subject = &e.subject_record,
                           .steadiness = 0.98,
                           .steadiness_low = 0.95,
                           .steadiness_high = 1.01,
                           .mark_mean = 4.5,
                           .n_technical_passed = 19,
                           .n_technical_run = 20,
                           .technical_accuracy = 0.95,
                           .preserved = {[PRESERVES_OFFLOADED] = {.verdict = PRESERVED_IDENTICAL, .words = "w"}},
                           .memory = {99, 99, 84, 88, SAVING_MEASURED, 97, 3e8, 1e10, .note = ""}};
    e.subject.modes[MODE_STREAM] =
        (run_summary){.rows = e.rows, .n_rows = 1, .n_planned = 1, .n_completed = 1, .overall_tps = 95};
    e.analysis = (run_analysis){&e.run, &e.subject, 1};
}

/* ---- what changes ------------------------------------------------------------------------------------------------ */

static run_summary *streamed(void)
{
    return &e.subject.modes[MODE_STREAM];
}

static void no_answer(void)
{
    streamed()->n_rows = 0;
    streamed()->n_completed = 0;
}

static void no_completed_answer(void)
{
    e.test.answer.status = TEST_TIMEOUT;
    streamed()->n_completed = 0;
}

static void experts_in_vram(void)
{
    e.facts[0].text = "mixed";
}

static void experts_unknown(void)
{
    e.run.n_facts = 0;
}

static void small_saving(void)
{
    e.subject.memory.saved_pct = 70;
}

static void computed_saving(void)
{
    e.subject.memory.kind = SAVING_COMPUTED;
}

static void no_saving(void)
{
    e.subject.memory.kind = SAVING_NONE;
}

static void stalled(void)
{
    e.rows[0].metrics.n_stalls = 1;
}

static void one_event(void)
{
    e.rows[0].metrics.chunk_ms.n = 0;
}

static void in_one_lump(void)
{
    for (int i = 0; i < N_TOKENS / 2; i++)
        e.arrivals[i].t_ns = 100 * MS;
}

static void within_a_second(void)
{
    e.rows[0].metrics.decode_ms = 900;
}

static void slower_at_the_end(void)
{
    e.subject.steadiness_low = 0.5;
    e.subject.steadiness_high = 0.6;
}

static void unsure_pace(void)
{
    e.subject.steadiness_low = 0.8;
}

static void slow(void)
{
    e.rows[0].metrics.e2e_ms = 61000;
}

static void short_answer(void)
{
    e.rows[0].metrics.n_tokens = 99;
}

static void repeats(void)
{
    e.rows[0].metrics.repetition.score = 0.4;
}

static void loops(void)
{
    e.rows[0].metrics.repetition.verdict = REPETITION_DEGENERATE;
    streamed()->n_degenerate = 1;
}

static void hotter(void)
{
    e.test.plan.temperature = 0.7;
}

static void low_mark(void)
{
    e.subject.mark_mean = 2;
}

static void no_mark(void)
{
    e.subject.mark_mean = NAN;
}

static void inaccurate(void)
{
    e.subject.technical_accuracy = 0.4;
}

static void few_checks(void)
{
    e.subject.n_technical_run = 3;
}

static void no_plot(void)
{
    e.checks[0].outcome = CHECK_FAILED;
}

static void plot_not_checked(void)
{
    e.checks[0].outcome = CHECK_NOT_RUN;
}

static void quality_lost(void)
{
    e.subject.preserved[PRESERVES_OFFLOADED].verdict = PRESERVED_LOST;
}

static void nothing_compared(void)
{
    e.subject.preserved[PRESERVES_OFFLOADED].verdict = PRESERVED_SAME_SIDES;
}

static void very_slow(void)
{
    streamed()->overall_tps = 0.2;
}

/* ---- the table: a criterion, what makes it fail, what leaves it open --------------------------------------------- */

typedef void (*change_fn)(void);

static const struct {
    const char *id;
    change_fn failed, inconclusive;
} CASES[] = {
    {"loads-offloaded", experts_in_vram, experts_unknown},
    {"loads-offloaded", no_completed_answer, no_answer},
    {"vram-saving", small_saving, computed_saving},
    {"all-complete", no_completed_answer, no_answer},
    {"smooth", stalled, one_event},
    {"appears-steadily", in_one_lump, within_a_second},
    {"steady-speed", slower_at_the_end, unsure_pace},
    {"long-answer", slow, short_answer},
    {"no-repetition", repeats, hotter},
    {"no-repetition", loops, no_answer},
    {"no-loops", loops, no_completed_answer},
    {"coherent", low_mark, no_mark},
    {"accurate", inaccurate, few_checks},
    {"narrative", no_plot, plot_not_checked},
    {"preserves-quality", quality_lost, nothing_compared},
    {"expected-rate", very_slow, no_completed_answer},
    {"expected-saving", small_saving, no_saving},
};

enum { N_CASES = sizeof CASES / sizeof *CASES };

static criterion_row row_after(const char *id, change_fn change)
{
    criteria_list list;
    criterion_row found = {0};
    fill();
    if (change != NULL)
        change();
    if (strcmp(id, "expected-saving") == 0 && change == NULL)
        e.subject.memory.saved_pct = 99;
    assert_int_equal(criteria_of(&e.analysis, &list, NULL), SW_OK);
    for (size_t i = 0; i < list.n; i++) {
        assert_true(list.rows[i].found[0] != '\0' && list.rows[i].asked[0] != '\0');
        if (strcmp(list.rows[i].id, id) == 0)
            found = list.rows[i];
    }
    criteria_free(&list);
    assert_non_null(found.id);
    return found;
}

static void test_every_criterion_is_met_failed_and_inconclusive(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        assert_string_equal(criterion_verdict_name(row_after(CASES[i].id, NULL).verdict), "met");
        assert_string_equal(criterion_verdict_name(row_after(CASES[i].id, CASES[i].failed).verdict), "failed");
        assert_string_equal(criterion_verdict_name(row_after(CASES[i].id, CASES[i].inconclusive).verdict),
                            "inconclusive");
    }
}

static void test_no_criterion_is_left_out_of_the_table(void **state)
{
    (void)state;
    criteria_list list;
    fill();
    assert_int_equal(criteria_of(&e.analysis, &list, NULL), SW_OK);
    for (size_t i = 0; i < list.n; i++) {
        bool is_tried = false;
        for (int k = 0; k < N_CASES; k++)
            is_tried |= strcmp(CASES[k].id, list.rows[i].id) == 0;
        assert_true(is_tried);
    }
    criteria_free(&list);
}

static void test_a_short_answer_is_scaled_and_says_so(void **state)
{
    (void)state;
    const criterion_row row = row_after("long-answer", NULL);
    assert_true(fabs(row.figure - 10.5) < 1e-9); // 2.1 s for 200 tokens
    assert_non_null(strstr(row.found, "time x 1000 / n"));
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static fact_record number(fact_name name, double value)
{
    return (fact_record){0, -1, name, value, "", "file"};
}

static void test_a_saving_is_computed_until_both_sides_are_measured(void **state)
{
    (void)state;
    fill();
    fact_record facts[] = {number(FACT_EXPERT_BYTES, 84), number(FACT_PLACEABLE_BYTES, 100),
                           number(FACT_TOKEN_TABLE_BYTES, 4)};
    server_record servers[] = {{.side = SIDE_OFFLOADED}, {.side = SIDE_REFERENCE}};
    resource_sample samples[] = {{.server = 0, .values = sample_values_none()},
                                 {.server = 1, .values = sample_values_none()}};
    e.run.facts = facts;
    e.run.n_facts = 3;
    e.run.servers = servers;
    e.run.n_servers = 2;
    e.run.samples = samples;
    e.run.n_samples = 2;
    memory_figures m = memory_figures_of(&e.run, 0);
    assert_int_equal(m.kind, SAVING_COMPUTED);
    assert_true(m.saved_pct == 84 && m.ceiling_without_table_pct == 87.5 && m.claim_low_pct == 99);
    assert_true(m.vram_offloaded_bytes == 16 && m.note[0] != '\0');
    // What both allocators tell; of a side that was started again, the latest.
    placement_row rows[] = {
        {0, "vram", "attention", 5, "", "allocations"},  {1, "vram", "experts", 30, "", "allocations"},
        {1, "vram", "kv", 10, "", "allocations"},        {1, "ram", "embedding", 70, "", "allocations"},
        {2, "vram", "attention", 10, "", "allocations"}, {2, "vram", "kv", 1, "", "log"}};
    server_record three[] = {servers[0], servers[1], servers[0]};
    e.run.placement = rows;
    e.run.n_placement = 4;
    e.run.servers = three;
    m = memory_figures_of(&e.run, 0);
    assert_true(m.kind == SAVING_MEASURED && m.saved_pct == 87.5 && m.note[0] == '\0');
    assert_string_equal(m.source, "allocations");
    e.run.n_placement = 6;
    m = memory_figures_of(&e.run, 0);
    assert_true(m.vram_offloaded_bytes == 10 && m.vram_reference_bytes == 40 && m.saved_pct == 75);
    // What the driver tells comes before.
    samples[0].values.v[SAMPLE_GPU_PROCESS] = 20;
    samples[1].values.v[SAMPLE_GPU_PROCESS] = 80;
    m = memory_figures_of(&e.run, 0);
    assert_int_equal(m.kind, SAVING_MEASURED);
    assert_true(m.saved_pct == 75 && m.vram_offloaded_bytes == 20 && m.note[0] == '\0');
    assert_string_equal(m.source, "driver");
    assert_true(isnan(m.plan_vram_bytes) && isnan(m.ram_reference_bytes));
}

static void test_a_file_without_facts_has_no_saving(void **state)
{
    (void)state;
    fill();
    const memory_figures m = memory_figures_of(&e.run, 0);
    assert_int_equal(m.kind, SAVING_NONE);
    assert_true(isnan(m.saved_pct) && isnan(m.ceiling_pct));
    double low, high;
    assert_false(memory_claim_of("llama", &low, &high));
    assert_true(isnan(low) && isnan(high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_criterion_is_met_failed_and_inconclusive),
        cmocka_unit_test(test_no_criterion_is_left_out_of_the_table),
        cmocka_unit_test(test_a_short_answer_is_scaled_and_says_so),
        cmocka_unit_test(test_a_saving_is_computed_until_both_sides_are_measured),
        cmocka_unit_test(test_a_file_without_facts_has_no_saving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
