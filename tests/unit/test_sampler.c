/* The sampler's promises: the right distribution, the fixed order of filters, ties to the lower id, same seed same
 * draw, and an error instead of a draw from logits that are not finite. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/sampler.h"

enum { N = 8, HISTORY_MAX = 64 };

/* Probabilities 1/2, 1/4, ... 1/128, 1/128 at temperature 1, in shuffled order of ids. */
static const int RANK[N] = {3, 0, 6, 1, 7, 5, 2, 4};

static double probability(int id)
{
    const int rank = RANK[id];
    return ldexp(1, rank == N - 1 ? -(N - 1) : -(rank + 1));
}

static void fill(float logits[N])
{
    for (int i = 0; i < N; i++)
        logits[i] = (float)log(probability(i)) + 3;
}

static sampler_scratch scratch;

static int make_scratch(void **state)
{
    (void)state;
    return sampler_scratch_init(&scratch, N) ? 0 : -1;
}

static int free_scratch(void **state)
{
    (void)state;
    sampler_scratch_free(&scratch);
    return 0;
}

static void init(sampler *s, const sw_sampling *params)
{
    sw_err err = {0};
    assert_int_equal(sampler_init(s, params, HISTORY_MAX, &err), SW_OK);
}

static sw_code try_pick(sampler *s, const sampler_input *input, int32_t *id_out, sw_err *err)
{
    return sampler_pick(s, input, &scratch, id_out, err);
}

/* The next token after some others. */
static int32_t pick_after(sampler *s, const float *logits, const int32_t *tokens, int n_prompt, int n_tokens)
{
    const sampler_input input = {logits, N, tokens, n_prompt, n_tokens};
    sw_err err = {0};
    int32_t id = -1;
    assert_int_equal(try_pick(s, &input, &id, &err), SW_OK);
    assert_in_range(id, 0, N - 1);
    return id;
}

static int32_t pick(sampler *s, const float *logits)
{
    return pick_after(s, logits, NULL, 0, 0);
}

/* Draws 100,000 times and compares with the wanted probabilities; an id with probability 0 must never come. */
static void check_distribution(sw_sampling params, const double *wanted)
{
    enum { DRAWS = 100000 };
    float logits[N];
    fill(logits);
    params.seed = 42;
    sampler s;
    init(&s, &params);
    int counts[N] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[pick(&s, logits)]++;
    sampler_free(&s);
    double chi2 = 0;
    for (int i = 0; i < N; i++) {
        const double expected = wanted[i] * DRAWS;
        if (expected == 0)
            assert_int_equal(counts[i], 0);
        else
            chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    assert_true(chi2 < 24.3); // 99.9 % quantile of chi-square with 7 degrees of freedom
}

/* The distribution at a temperature, of the `n_kept` most likely ids only. */
static void wanted_of(double temperature, int n_kept, double *wanted)
{
    double sum = 0;
    for (int i = 0; i < N; i++) {
        wanted[i] = RANK[i] < n_kept ? pow(probability(i), 1 / temperature) : 0;
        sum += wanted[i];
    }
    for (int i = 0; i < N; i++)
        wanted[i] /= sum;
}

static void test_draws_follow_the_softmax(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, N, wanted);
    check_distribution((sw_sampling){.temperature = 1}, wanted);
}

static void test_temperature_sharpens_and_flattens(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(0.5, N, wanted);
    check_distribution((sw_sampling){.temperature = 0.5f}, wanted);
    wanted_of(2, N, wanted);
    check_distribution((sw_sampling){.temperature = 2}, wanted);
}

static void test_top_k_keeps_k(void **state)
{
    (void)state;
    double wanted[N];
    for (int k = 1; k <= N + 1; k++) {
        wanted_of(1, k, wanted);
        check_distribution((sw_sampling){.temperature = 1, .top_k = k}, wanted);
    }
}

/* The mass of the best three is 7/8: 0.874 needs all three, 0.75 exactly two. */
static void test_top_p_keeps_the_smallest_set_that_reaches_the_mass(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, 3, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_p = 0.874f}, wanted);
    wanted_of(1, 1, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_p = 1e-6f}, wanted);
    wanted_of(1, N, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_p = 0.9999f}, wanted);
}

/* Of the mass 7/8 that top-k 3 leaves, 0.8 is 0.7: two tokens (0.75).  Of the whole it would be three. */
static void test_top_p_counts_the_mass_that_top_k_left(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, 2, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_k = 3, .top_p = 0.8f}, wanted);
}

/* Relative to the best token the probabilities are 1, 1/2, 1/4, 1/8 ... */
static void test_min_p_is_relative_to_the_best_token(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, 3, wanted);
    check_distribution((sw_sampling){.temperature = 1, .min_p = 0.2f}, wanted);
    check_distribution((sw_sampling){.temperature = 1, .min_p = 0.2f, .top_k = 5}, wanted);
    wanted_of(1, 1, wanted);
    check_distribution((sw_sampling){.temperature = 1, .min_p = 0.999f}, wanted);
}

/* The information of the tokens is 1, 2, ... 7, 7 bits and their entropy 1.98 bits, so the second best is the most
 * typical one, then the best, then the third. */
static void test_typical_keeps_what_is_close_to_the_entropy(void **state)
{
    (void)state;
    const struct {
        float typical_p;
        int ranks[3], n;
    } cases[] = {{0.2f, {1}, 1}, {0.5f, {1, 0}, 2}, {0.8f, {1, 0, 2}, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double wanted[N] = {0}, sum = 0;
        for (int id = 0; id < N; id++) {
            for (int k = 0; k < cases[i].n; k++)
                wanted[id] = RANK[id] == cases[i].ranks[k] ? probability(id) : wanted[id];
            sum += wanted[id];
        }
        for (int id = 0; id < N; id++)
            wanted[id] /= sum;
        check_distribution((sw_sampling){.temperature = 1, .typical_p = cases[i].typical_p}, wanted);
    }
    // Top-p counts the mass that typical left: of 3/4 the best alone has two thirds.
    double wanted[N];
    wanted_of(1, 1, wanted);
    check_distribution((sw_sampling){.temperature = 1, .typical_p = 0.5f, .top_p = 0.6f}, wanted);
    // Min-p is relative to the best that is left, here the second.
    for (int id = 0; id < N; id++)
        wanted[id] = RANK[id] == 1;
    check_distribution((sw_sampling){.temperature = 1, .typical_p = 0.2f, .min_p = 0.9f}, wanted);
}

static void test_biases_change_greedy_and_drawn_tokens(void **state)
{
    (void)state;
    const float logits[N] = {0, 1, 2, 3, 4, 5, 6, 7};
    const sw_logit_bias biases[] = {{7, -100}, {0, 3}, {0, 3.5f}}; // those of one token add up
    sampler s;
    init(&s, &(sw_sampling){.biases = biases, .n_biases = 3});
    assert_int_equal(pick(&s, logits), 0);
    sampler_free(&s);
    double wanted[N] = {0};
    for (int id = 0; id < N; id++)
        wanted[id] = RANK[id] == 0 ? 0 : 2 * probability(id);
    int best = 0;
    while (RANK[best] != 0)
        best++;
    check_distribution((sw_sampling){.temperature = 1, .biases = &(sw_logit_bias){best, -100}, .n_biases = 1}, wanted);
}

/* A penalty of 2 halves a positive logit and doubles a negative one, once, however often the token came. */
static void test_repetition_penalty_looks_back_over_prompt_and_answer(void **state)
{
    (void)state;
    const float logits[N] = {8, 7, 6, 5, 4, 3.5f, -1, -8};
    const int32_t tokens[] = {1, 1, 0, 2};
    sampler s;
    init(&s, &(sw_sampling){.repeat_penalty = 2, .repeat_last_n = -1});
    assert_int_equal(pick_after(&s, logits, tokens, 3, 3), 2);
    assert_int_equal(pick_after(&s, logits, tokens, 3, 4), 3);
    sampler_free(&s);
    init(&s, &(sw_sampling){.repeat_penalty = 2, .repeat_last_n = 2});
    assert_int_equal(pick_after(&s, logits, tokens, 3, 3), 2); // window 1 0
    assert_int_equal(pick_after(&s, logits, tokens, 3, 4), 1); // window 0 2
    sampler_free(&s);
    const float negative[N] = {-9, -2, -1, -9, -9, -9, -9, -9};
    init(&s, &(sw_sampling){.repeat_penalty = 4, .repeat_last_n = 1});
    assert_int_equal(pick_after(&s, negative, tokens, 3, 4), 1);
    sampler_free(&s);
}

static void test_presence_and_frequency_penalties_count_the_answer_only(void **state)
{
    (void)state;
    const float logits[N] = {5, 4.5f, 3, 0, 0, 0, 0, 0};
    const int32_t tokens[] = {0, 0, 0, 0, 1, 1};
    sampler s;
    init(&s, &(sw_sampling){.presence_penalty = 2});
    assert_int_equal(pick_after(&s, logits, tokens, 3, 3), 0); // the prompt does not count
    assert_int_equal(pick_after(&s, logits, tokens, 3, 4), 1); // 3 4.5 3
    assert_int_equal(pick_after(&s, logits, tokens, 3, 6), 0); // 3 2.5 3: presence counts once
    sampler_free(&s);
    init(&s, &(sw_sampling){.frequency_penalty = 1});
    assert_int_equal(pick_after(&s, logits, tokens, 3, 5), 0); // 4 3.5 3
    sampler_free(&s);
    init(&s, &(sw_sampling){.frequency_penalty = 1.5f, .presence_penalty = -0.5f});
    assert_int_equal(pick_after(&s, logits, tokens, 0, 6), 2); // -0.5 2 3
    sampler_free(&s);
}

/* The counts that slide along with the answer against counting anew at every step. */
static void test_penalties_do_not_depend_on_when_the_history_was_counted(void **state)
{
    (void)state;
    float logits[N];
    fill(logits);
    const sw_sampling params = {.temperature = 1.5f,
                                .repeat_penalty = 1.7f,
                                .repeat_last_n = 5,
                                .presence_penalty = 0.3f,
                                .frequency_penalty = 0.2f,
                                .seed = 3};
    enum { N_PROMPT = 9 };
    int32_t tokens[HISTORY_MAX] = {0, 1, 2, 3, 4, 5, 6, 7, 0};
    sampler sliding;
    init(&sliding, &params);
    for (int n = N_PROMPT; n < HISTORY_MAX; n++) {
        sampler anew;
        init(&anew, &params);
        anew.rng = sliding.rng;
        const int32_t id = pick_after(&anew, logits, tokens, N_PROMPT, n);
        tokens[n] = pick_after(&sliding, logits, tokens, N_PROMPT, n);
        assert_int_equal(id, tokens[n]);
        sampler_free(&anew);
    }
    sampler_free(&sliding);
}

static void test_penalties_keep_logits_finite(void **state)
{
    (void)state;
    const float logits[N] = {3e38f, -3e38f, 0, 0, 0, 0, 0, 0};
    const int32_t tokens[] = {0, 1};
    sampler s;
    init(&s, &(sw_sampling){.repeat_penalty = 1e-30f, .repeat_last_n = 2});
    assert_int_equal(pick_after(&s, logits, tokens, 2, 2), 0);
    sampler_free(&s);
    init(&s, &(sw_sampling){.repeat_penalty = 3e38f, .repeat_last_n = 2, .temperature = 1});
    (void)pick_after(&s, logits, tokens, 2, 2);
    sampler_free(&s);
}

static void test_a_token_less_likely_than_the_least_weight_is_never_drawn(void **state)
{
    (void)state;
    const float logits[N] = {0, -14, -13.5f, -100, -100, -100, -100, -100}; // at 0.5: weights e^-28 and e^-27
    sampler s;
    init(&s, &(sw_sampling){.temperature = 0.5f});
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pick(&s, logits), 0);
    const sw_sampling flat = {.temperature = 2};
    init(&s, &flat);
    int n_others = 0;
    for (int i = 0; i < 10000; i++)
        n_others += pick(&s, logits) != 0;
    assert_in_range(n_others, 5, 50); // e^-7 + e^-6.75 = 0.0021
}

static void test_greedy_takes_the_lowest_of_equal_ids(void **state)
{
    (void)state;
    const float logits[N] = {-1, 2, 5, 5, 1, 5, 0, -7};
    sampler s;
    init(&s, &(sw_sampling){0});
    assert_int_equal(pick(&s, logits), 2);
}

static void test_ties_at_the_edge_of_top_k_go_to_lower_ids(void **state)
{
    (void)state;
    const float logits[N] = {1, 1, 1, 1, 1, 1, 1, 1};
    sampler s;
    init(&s, &(sw_sampling){.temperature = 1, .top_k = 3});
    bool seen[N] = {false};
    for (int i = 0; i < 200; i++)
        seen[pick(&s, logits)] = true;
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[i], i < 3);
}

static void test_same_seed_gives_the_same_tokens_and_another_seed_others(void **state)
{
    (void)state;
    float logits[N];
    fill(logits);
    sampler a, b, c;
    init(&a, &(sw_sampling){.temperature = 1, .seed = 7});
    init(&b, &(sw_sampling){.temperature = 1, .seed = 7});
    init(&c, &(sw_sampling){.temperature = 1, .seed = 8});
    int n_different = 0;
    for (int i = 0; i < 100; i++) {
        const int32_t id = pick(&a, logits);
        assert_int_equal(id, pick(&b, logits));
        n_different += id != pick(&c, logits);
    }
    assert_true(n_different > 10);
}

static void test_extreme_temperatures_and_logits_stay_finite(void **state)
{
    (void)state;
    const float logits[N] = {-3e38f, 3e38f, 0, 1, 2, 3, 4, 5};
    const float temperatures[] = {1e-38f, 1e-3f, 1, 2};
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++) {
        sampler s;
        init(&s, &(sw_sampling){.temperature = temperatures[i], .top_p = 0.9f});
        assert_int_equal(pick(&s, logits), 1);
        init(&s, &(sw_sampling){.temperature = temperatures[i]});
        assert_int_equal(pick(&s, logits), 1);
    }
}

static void test_logits_that_are_not_finite_are_an_error_that_names_the_token(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        float logits[N];
        fill(logits);
        logits[6] = bad[i];
        sampler s;
        init(&s, &(sw_sampling){.temperature = i == 0 ? 0 : 1});
        sw_err err = {0};
        int32_t id;
        assert_int_equal(try_pick(&s, &(sampler_input){.logits = logits, .n_vocab = N}, &id, &err), SW_ENUMERIC);
        assert_non_null(strstr(err.msg, "token 6"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_follow_the_softmax),
        cmocka_unit_test(test_temperature_sharpens_and_flattens),
        cmocka_unit_test(test_top_k_keeps_k),
        cmocka_unit_test(test_top_p_keeps_the_smallest_set_that_reaches_the_mass),
        cmocka_unit_test(test_top_p_counts_the_mass_that_top_k_left),
        cmocka_unit_test(test_min_p_is_relative_to_the_best_token),
        cmocka_unit_test(test_typical_keeps_what_is_close_to_the_entropy),
        cmocka_unit_test(test_biases_change_greedy_and_drawn_tokens),
        cmocka_unit_test(test_repetition_penalty_looks_back_over_prompt_and_answer),
        cmocka_unit_test(test_presence_and_frequency_penalties_count_the_answer_only),
        cmocka_unit_test(test_penalties_do_not_depend_on_when_the_history_was_counted),
        cmocka_unit_test(test_penalties_keep_logits_finite),
        cmocka_unit_test(test_a_token_less_likely_than_the_least_weight_is_never_drawn),
        cmocka_unit_test(test_greedy_takes_the_lowest_of_equal_ids),
        cmocka_unit_test(test_ties_at_the_edge_of_top_k_go_to_lower_ids),
        cmocka_unit_test(test_same_seed_gives_the_same_tokens_and_another_seed_others),
        cmocka_unit_test(test_extreme_temperatures_and_logits_stay_finite),
        cmocka_unit_test(test_logits_that_are_not_finite_are_an_error_that_names_the_token),
    };
    return cmocka_run_group_tests(tests, make_scratch, free_scratch);
}
