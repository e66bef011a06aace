/* What an engine remembers of its routers' choices, from choices that are written here: sums, marks, switches, the sums
 * of jobs, and the ring of the trace. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "engine/expert_log.h"
#include "support/faults.h"

enum { LAYERS = 2, EXPERTS = 4, USED = 2, BATCH = 4, FIRST_LAYER = 1, PAIRS = EXPERTS * (EXPERTS - 1) / 2 };

static expert_log_options options_with(size_t n_trace_rows)
{
    return (expert_log_options){.dims = {FIRST_LAYER, LAYERS, EXPERTS, USED},
                                .n_seqs = 2,
                                .n_batch = BATCH,
                                .n_trace_rows = n_trace_rows,
                                .clock = clock_system()};
}

static expert_log *open_log(size_t n_trace_rows)
{
    const expert_log_options o = options_with(n_trace_rows);
    expert_log *const log = expert_log_create(&o);
    assert_non_null(log);
    return log;
}

/* One token of a step, and what the routers of both layers choose for it. */
typedef struct choice {
    int32_t seq, pos;
    int chosen[LAYERS][USED];
} choice;

static void step(expert_log *log, const choice *choices, size_t n)
{
    batch_token tokens[BATCH];
    int chosen[LAYERS][BATCH][USED];
    float weights[LAYERS][BATCH][USED];
    for (size_t i = 0; i < n; i++) {
        tokens[i] = (batch_token){.seq = choices[i].seq, .pos = choices[i].pos};
        for (size_t l = 0; l < LAYERS; l++) {
            for (size_t j = 0; j < USED; j++) {
                chosen[l][i][j] = choices[i].chosen[l][j];
                weights[l][i][j] = (float)choices[i].pos + (float)j / 4;
            }
        }
    }
    expert_log_step(
        log, &(expert_step){
                 .tokens = tokens, .n = n, .chosen = chosen[0][0], .weights = weights[0][0], .stride = BATCH * USED});
}

static sw_expert_use *snapshot(expert_log *log, sw_expert_span span)
{
    sw_expert_use *const use = expert_log_snapshot(log, span, /*with_pairs=*/true);
    assert_non_null(use);
    return use;
}

/* A prompt of three tokens, and two tokens after it one by one. */
static void five_tokens(expert_log *log)
{
    step(log, (choice[]){{0, 0, {{0, 1}, {2, 3}}}, {0, 1, {{0, 2}, {2, 3}}}, {0, 2, {{3, 1}, {3, 2}}}}, 3);
    step(log, (choice[]){{0, 3, {{3, 0}, {1, 0}}}}, 1);
    step(log, (choice[]){{0, 4, {{3, 0}, {1, 2}}}}, 1);
}

static void test_counts_pairs_and_switches_are_those_of_a_small_sequence(void **state)
{
    (void)state;
    expert_log *const log = open_log(0);
    five_tokens(log);
    sw_expert_use *const use = snapshot(log, SW_EXPERTS_SINCE_OPEN);
    assert_int_equal(use->n_tokens, 5);
    assert_int_equal(use->n_followers, 4);
    assert_int_equal(use->first_layer, FIRST_LAYER);
    assert_memory_equal(use->counts, ((uint64_t[]){4, 2, 1, 3, 1, 2, 4, 3}), LAYERS * EXPERTS * sizeof(uint64_t));
    // Layer 0: {0,1} {0,2} {3,1} {3,0} {3,0}: one, two, one and none are new.
    // Layer 1: {2,3} {2,3} {3,2} {1,0} {1,2}: none, none, two and one.
    assert_memory_equal(use->n_switched, ((uint64_t[]){4, 3}), LAYERS * sizeof(uint64_t));
    // In the order {0,1} {0,2} {1,2} {0,3} {1,3} {2,3}.
    assert_memory_equal(use->pairs, ((uint64_t[]){1, 1, 0, 2, 1, 0, 1, 0, 1, 0, 0, 3}),
                        LAYERS * PAIRS * sizeof(uint64_t));
    sw_expert_use_free(use);
    expert_log_free(log);
}

static void test_a_token_follows_only_its_own_sequence(void **state)
{
    (void)state;
    expert_log *const log = open_log(0);
    step(log, (choice[]){{0, 0, {{0, 1}, {0, 1}}}, {1, 0, {{2, 3}, {2, 3}}}}, 2); // neither follows
    step(log, (choice[]){{1, 1, {{2, 3}, {2, 3}}}, {0, 1, {{0, 1}, {0, 1}}}}, 2); // both do, and nothing switches
    step(log, (choice[]){{0, 1, {{2, 3}, {2, 3}}}}, 1); // cut back: what was before is not known
    step(log, (choice[]){{1, 3, {{0, 1}, {0, 1}}}}, 1); // position 2 was evaluated elsewhere
    step(log, (choice[]){{0, 0, {{0, 1}, {0, 1}}}}, 1); // begins anew
    sw_expert_use *const use = snapshot(log, SW_EXPERTS_SINCE_OPEN);
    assert_int_equal(use->n_tokens, 7);
    assert_int_equal(use->n_followers, 2);
    assert_int_equal(use->n_switched[0] + use->n_switched[1], 0);
    sw_expert_use_free(use);
    expert_log_free(log);
}

/* Moved by tests. */
static uint64_t fake_ns;

static uint64_t fake_now(void *ud)
{
    (void)ud;
    return fake_ns;
}

static void test_the_mark_begins_anew_and_the_start_does_not(void **state)
{
    (void)state;
    const sw_clock clock = {.now_ns = fake_now};
    expert_log_options o = options_with(0);
    o.clock = &clock;
    fake_ns = 100;
    expert_log *const log = expert_log_create(&o);
    assert_non_null(log);
    five_tokens(log);
    fake_ns = 250;
    expert_log_mark(log);
    step(log, (choice[]){{0, 5, {{3, 0}, {1, 2}}}}, 1);
    sw_expert_use *const marked = snapshot(log, SW_EXPERTS_SINCE_MARK), *const all =
                                                                            snapshot(log, SW_EXPERTS_SINCE_OPEN);
    assert_int_equal(marked->n_tokens, 1);
    assert_int_equal(marked->n_followers, 1); // the mark is not a new sequence
    assert_int_equal(marked->since_ns, 250);
    assert_memory_equal(marked->counts, ((uint64_t[]){1, 0, 0, 1, 0, 1, 1, 0}), LAYERS * EXPERTS * sizeof(uint64_t));
    assert_memory_equal(marked->pairs, ((uint64_t[]){0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0}),
                        LAYERS * PAIRS * sizeof(uint64_t));
    assert_int_equal(all->n_tokens, 6);
    assert_int_equal(all->since_ns, 100);
    assert_memory_equal(all->counts, ((uint64_t[]){5, 2, 1, 4, 1, 3, 5, 3}), LAYERS * EXPERTS * sizeof(uint64_t));
    sw_expert_use_free(marked);
    sw_expert_use_free(all);
    expert_log_free(log);
}

static void test_a_job_has_its_own_sums_with_prompt_and_answer_apart(void **state)
{
    (void)state;
    const expert_dims dims = {FIRST_LAYER, LAYERS, EXPERTS, USED};
    expert_log *const log = open_log(0);
    sw_expert_use *const prompt = expert_tally_create(&dims, false), *const generated =
                                                                         expert_tally_create(&dims, false);
    assert_non_null(prompt);
    assert_non_null(generated);
    assert_null(prompt->pairs);
    expert_log_begin(log, 0, &(expert_owner){.n_prompt = 3, .prompt = prompt, .generated = generated});
    five_tokens(log);
    step(log, (choice[]){{1, 0, {{0, 1}, {0, 1}}}}, 1); // not the job's
    assert_int_equal(prompt->n_tokens, 3);
    assert_int_equal(prompt->n_followers, 2);
    assert_memory_equal(prompt->counts, ((uint64_t[]){2, 2, 1, 1, 0, 0, 3, 3}), LAYERS * EXPERTS * sizeof(uint64_t));
    assert_int_equal(generated->n_tokens, 2);
    assert_int_equal(generated->n_followers, 2);
    assert_memory_equal(generated->n_switched, ((uint64_t[]){1, 3}), LAYERS * sizeof(uint64_t));
    expert_log_begin(log, 0, &(expert_owner){0});
    step(log, (choice[]){{0, 5, {{3, 0}, {1, 2}}}}, 1);
    assert_int_equal(generated->n_tokens, 2);
    sw_expert_use_free(prompt);
    sw_expert_use_free(generated);
    expert_log_free(log);
}

/* ---- the trace ---- */

static void test_a_row_says_who_chose_what_with_which_weight(void **state)
{
    (void)state;
    expert_log *const log = open_log(100);
    sw_expert_row rows[8];
    uint64_t cursor = 0, lost;
    expert_log_begin(log, 1, &(expert_owner){.tag = UINT64_MAX});
    step(log, (choice[]){{0, 7, {{0, 1}, {2, 3}}}, {1, 9, {{2, 0}, {3, 1}}}}, 2);
    assert_int_equal(expert_log_read_trace(log, &cursor, rows, 8, &lost), 4);
    assert_int_equal(lost, 0);
    assert_int_equal(cursor, 4);
    const sw_expert_row *const last = &rows[3];
    assert_true(last->tag == UINT64_MAX && rows[1].tag == 0);
    assert_int_equal(last->sequence, 1);
    assert_int_equal(last->position, 9);
    assert_int_equal(last->layer, FIRST_LAYER + 1);
    assert_int_equal(rows[2].layer, FIRST_LAYER);
    assert_int_equal(last->n_used, USED);
    assert_memory_equal(last->experts, ((int[]){3, 1}), sizeof(int[USED]));
    assert_true(last->weights[0] == 9.0F && last->weights[1] == 9.25F);
    assert_int_equal(expert_log_read_trace(log, &cursor, rows, 8, &lost), 0);
    expert_log_free(log);
}

static void test_overwritten_rows_are_counted_and_skipped(void **state)
{
    (void)state;
    expert_log *const log = open_log(3); // less than two tokens
    sw_expert_row rows[8];
    uint64_t cursor = 0, lost;
    assert_int_equal(expert_log_trace(log).end, 0);
    for (int pos = 0; pos < 4; pos++)
        step(log, &(choice){0, pos, {{0, 1}, {2, 3}}}, 1);
    assert_int_equal(expert_log_trace(log).first, 5);
    assert_int_equal(expert_log_trace(log).end, 8);
    assert_int_equal(expert_log_trace(log).n_max, 3);
    assert_int_equal(expert_log_read_trace(log, &cursor, rows, 2, &lost), 2);
    assert_int_equal(lost, 5);
    assert_int_equal(rows[0].position, 2);
    assert_int_equal(rows[0].layer, FIRST_LAYER + 1);
    assert_int_equal(rows[1].position, 3);
    assert_int_equal(expert_log_read_trace(log, &cursor, rows, 8, &lost), 1);
    assert_int_equal(lost, 0);
    cursor = 1000; // what does not exist yet is not lost
    assert_int_equal(expert_log_read_trace(log, &cursor, rows, 8, &lost), 0);
    assert_int_equal(lost, 0);
    assert_int_equal(cursor, 1000);
    expert_log_free(log);
}

static void test_without_a_trace_there_are_no_rows(void **state)
{
    (void)state;
    expert_log *const log = open_log(0);
    sw_expert_row row;
    uint64_t cursor = 0, lost;
    five_tokens(log);
    assert_int_equal(expert_log_read_trace(log, &cursor, &row, 1, &lost), 0);
    assert_int_equal(lost, 0);
    const sw_expert_trace trace = expert_log_trace(log);
    assert_int_equal(trace.n_max + trace.first + trace.end, 0);
    expert_log_free(log);
}

/* ---- bounds ---- */

static void test_pairs_are_counted_up_to_their_limit(void **state)
{
    (void)state;
    // 1024 experts have 523,776 pairs in 4,190,208 bytes: sixteen layers fit, seventeen do not.
    assert_true(expert_dims_have_pairs(&(expert_dims){.n_layers = 16, .n_experts = 1024, .n_used = 1}));
    assert_false(expert_dims_have_pairs(&(expert_dims){.n_layers = 17, .n_experts = 1024, .n_used = 1}));
    // 129 experts have 8256 pairs in 66,048 bytes.
    const int fits = LIMIT_EXPERT_PAIR_BYTES / 66048;
    assert_true(expert_dims_have_pairs(&(expert_dims){.n_layers = fits, .n_experts = 129, .n_used = 1}));
    const expert_dims large = {.n_layers = fits + 1, .n_experts = 129, .n_used = 1};
    assert_false(expert_dims_have_pairs(&large));
    sw_expert_use *const use = expert_tally_create(&large, /*with_pairs=*/true);
    assert_non_null(use);
    assert_null(use->pairs);
    expert_tally_add(use, 0, &(int){128}, NULL);
    assert_int_equal(use->counts[128], 1);
    sw_expert_use_free(use);
}

static void test_every_failed_allocation_leaves_nothing(void **state)
{
    (void)state;
    const expert_log_options o = options_with(10);
    faults_alloc_begin(FAULTS_NONE);
    expert_log_free(expert_log_create(&o));
    long live;
    const long n = faults_alloc_end(&live);
    assert_int_equal(live, 0);
    assert_true(n >= 8);
    for (long i = 0; i < n; i++) {
        faults_alloc_begin(i);
        assert_null(expert_log_create(&o));
        faults_alloc_end(&live);
        assert_int_equal(live, 0);
    }
}

/* ---- threads ---- */

enum { STEPS = 3000 };

static atomic_bool has_finished;

static void *write_steps(void *ud)
{
    for (int i = 0; i < STEPS; i++)
        step(ud, (choice[]){{0, i, {{i % 4, (i + 1) % 4}, {0, 3}}}, {1, i, {{1, 2}, {2, 1}}}}, 2);
    atomic_store(&has_finished, true);
    return NULL;
}

static uint64_t sum_of(const uint64_t *values, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

/* A snapshot is of whole steps: every layer has the same tokens. */
static uint64_t check_snapshot(expert_log *log, sw_expert_span span)
{
    sw_expert_use *const use = snapshot(log, span);
    const uint64_t n = use->n_tokens;
    assert_int_equal(n % 2, 0);
    for (size_t l = 0; l < LAYERS; l++) {
        assert_int_equal(sum_of(use->counts + l * EXPERTS, EXPERTS), n * USED);
        assert_int_equal(sum_of(use->pairs + l * PAIRS, PAIRS), n * USED * (USED - 1) / 2);
    }
    sw_expert_use_free(use);
    return n;
}

static void test_readers_see_whole_steps_while_the_engine_writes(void **state)
{
    (void)state;
    expert_log *const log = open_log(64);
    sw_expert_row rows[16];
    uint64_t cursor = 0, n_read = 0, n_lost = 0, before = 0;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_steps, log), 0);
    for (bool is_last = false; !is_last;) {
        is_last = atomic_load(&has_finished);
        const uint64_t all = check_snapshot(log, SW_EXPERTS_SINCE_OPEN);
        assert_true(all >= before);
        before = all;
        check_snapshot(log, SW_EXPERTS_SINCE_MARK);
        expert_log_mark(log);
        for (size_t n = 1; n > 0;) {
            uint64_t lost;
            n = expert_log_read_trace(log, &cursor, rows, 16, &lost);
            for (size_t i = 1; i < n; i++) // a row is whole, too
                assert_true(rows[i].sequence == 1 ? rows[i].experts[0] + rows[i].experts[1] == 3
                                                  : rows[i].position >= 0);
            n_read += n;
            n_lost += lost;
        }
    }
    pthread_join(writer, NULL);
    assert_int_equal(before, 2 * STEPS);
    assert_int_equal(n_read + n_lost, 2 * STEPS * LAYERS);
    expert_log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_pairs_and_switches_are_those_of_a_small_sequence),
        cmocka_unit_test(test_a_token_follows_only_its_own_sequence),
        cmocka_unit_test(test_the_mark_begins_anew_and_the_start_does_not),
        cmocka_unit_test(test_a_job_has_its_own_sums_with_prompt_and_answer_apart),
        cmocka_unit_test(test_a_row_says_who_chose_what_with_which_weight),
        cmocka_unit_test(test_overwritten_rows_are_counted_and_skipped),
        cmocka_unit_test(test_without_a_trace_there_are_no_rows),
        cmocka_unit_test(test_pairs_are_counted_up_to_their_limit),
        cmocka_unit_test(test_every_failed_allocation_leaves_nothing),
        cmocka_unit_test(test_readers_see_whole_steps_while_the_engine_writes),
    };
    return cmocka_run_group_tests_name("what routers chose", tests, NULL, NULL);
}
