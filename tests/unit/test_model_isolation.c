/* Sequences do not see each other: a sequence's logits have the same bits whoever shares its batch, whatever stood in
 * its pages before, and however often it is rewound; and a sequence that goes wrong goes wrong alone. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

enum { LENGTH = 40, BAD_TOKEN = 7 }; // longer than a page and than the window

static const int32_t FIRST[LENGTH] = {1,  2,  3, 5,  8,  13, 21, 34, 15, 9,  24, 33, 17, 10, 27, 37, 24, 21, 5,  26,
                                      31, 17, 8, 25, 33, 18, 11, 29, 0,  29, 29, 18, 6,  24, 30, 14, 4,  19, 23, 2};
static const int32_t SECOND[LENGTH] = {39, 38, 36, 33, 29, 24, 18, 11, 3, 35, 26, 16, 5, 34, 22, 9,  36, 22, 8,  33,
                                       17, 1,  25, 8,  31, 14, 36, 18, 0, 22, 4,  25, 6, 27, 8,  29, 10, 31, 12, 33};

static language_model *open_tiny(tiny_arch arch, int inf_token)
{
    const temp_path path = temp_file("tiny.gguf");
    tiny_write(path.s, arch, inf_token);
    static const sw_engine_options OPTIONS = {.n_threads = 2, .n_ctx = 64, .n_seqs = 3, .n_batch = 16};
    gguf_file *g;
    language_model *lm = NULL;
    sw_err err = {0};
    if (gguf_open(&g, path.s, &err) != SW_OK || model_lm_open(&lm, g, &OPTIONS, &err) != SW_OK)
        fail_msg("%s", err.msg);
    gguf_close(g);
    return lm;
}

static sw_code step(language_model *lm, const batch_token *tokens, size_t n, const float **logits, int32_t *bad)
{
    for (size_t i = 0; i < n; i++)
        assert_true(lm->ops->reserve(lm, tokens[i].seq, tokens[i].pos + 1));
    sw_err err = {0};
    const sw_code code = lm->ops->step(lm, tokens, n, logits, bad, &err);
    if (code == SW_ENUMERIC)
        assert_non_null(strstr(err.msg, "layer"));
    else if (code != SW_OK)
        fail_msg("%s", err.msg);
    return code;
}

/* Evaluates positions [begin, LENGTH) of one sequence alone, one by one. */
static void evaluate_alone(language_model *lm, const int32_t *ids, int seq, int begin, float (*out)[TINY_VOCAB])
{
    for (int p = begin; p < LENGTH; p++) {
        const batch_token t = {.id = ids[p], .pos = p, .seq = seq, .wants_logits = true};
        const float *logits;
        int32_t bad;
        assert_int_equal(step(lm, &t, 1, &logits, &bad), SW_OK);
        memcpy(out[p], logits, sizeof out[p]);
    }
}

static void for_each_arch(void (*test)(language_model *lm))
{
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        language_model *const lm = open_tiny((tiny_arch)arch, TINY_NO_TOKEN);
        test(lm);
        lm->ops->close(lm);
    }
}

static float alone[2][LENGTH][TINY_VOCAB], again[LENGTH][TINY_VOCAB];

/* ---- sharing a batch ---- */

static void share_batches(language_model *lm)
{
    evaluate_alone(lm, FIRST, 0, 0, alone[0]);
    evaluate_alone(lm, SECOND, 1, 0, alone[1]);
    lm->ops->truncate(lm, 0, 0);
    lm->ops->truncate(lm, 1, 0);
    // Uneven chunks of both, interleaved; rows come in the order of the batch.
    static const int CHUNKS[][2] = {{1, 7}, {9, 1}, {2, 2}, {3, 0}, {8, 8}, {17, 22}};
    int at[2] = {0, 0};
    for (size_t c = 0; c < sizeof CHUNKS / sizeof CHUNKS[0]; c++) {
        int left[2] = {CHUNKS[c][0], CHUNKS[c][1]};
        while (left[0] + left[1] > 0) {
            batch_token batch[16];
            size_t n = 0;
            for (int s = 0; s < 2; s++) {
                for (int i = 0; i < 8 && left[s] > 0; i++, left[s]--, at[s]++)
                    batch[n++] = (batch_token){
                        .id = (s == 0 ? FIRST : SECOND)[at[s]], .pos = at[s], .seq = s, .wants_logits = true};
            }
            const float *logits;
            int32_t bad;
            assert_int_equal(step(lm, batch, n, &logits, &bad), SW_OK);
            for (size_t i = 0; i < n; i++)
                assert_memory_equal(logits + i * TINY_VOCAB, alone[batch[i].seq][batch[i].pos], sizeof alone[0][0]);
        }
    }
    assert_true(at[0] == LENGTH && at[1] == LENGTH);
}

static void test_logits_do_not_depend_on_who_shares_the_batch(void **state)
{
    (void)state;
    for_each_arch(share_batches);
}

static void rows_of_some(language_model *lm)
{
    evaluate_alone(lm, FIRST, 0, 0, alone[0]);
    lm->ops->truncate(lm, 0, 0);
    batch_token batch[10];
    for (int i = 0; i < 10; i++)
        batch[i] = (batch_token){.id = FIRST[i], .pos = i, .wants_logits = i % 3 == 0};
    const float *logits;
    int32_t bad;
    assert_int_equal(step(lm, batch, 10, &logits, &bad), SW_OK);
    for (size_t row = 0; row < 4; row++)
        assert_memory_equal(logits + row * TINY_VOCAB, alone[0][3 * row], sizeof alone[0][0]);
}

static void test_rows_belong_to_the_tokens_that_want_them(void **state)
{
    (void)state;
    for_each_arch(rows_of_some);
}

/* ---- rewinding ---- */

static void rewind_and_repeat(language_model *lm)
{
    evaluate_alone(lm, FIRST, 0, 0, alone[0]);
    static const int KEPT[] = {39, 33, 32, 31, 1, 0};
    for (size_t k = 0; k < sizeof KEPT / sizeof KEPT[0]; k++) {
        lm->ops->truncate(lm, 0, KEPT[k]);
        evaluate_alone(lm, SECOND, 0, KEPT[k], again); // another continuation in between
        lm->ops->truncate(lm, 0, KEPT[k]);
        evaluate_alone(lm, FIRST, 0, KEPT[k], again);
        assert_memory_equal(again[KEPT[k]], alone[0][KEPT[k]], (size_t)(LENGTH - KEPT[k]) * sizeof again[0]);
    }
}

static void test_a_rewound_sequence_gives_the_same_logits(void **state)
{
    (void)state;
    for_each_arch(rewind_and_repeat);
}

/* ---- values that are not finite ---- */

static void test_only_the_sequence_with_a_damaged_weight_fails(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        language_model *const sound = open_tiny((tiny_arch)arch, TINY_NO_TOKEN);
        evaluate_alone(sound, FIRST, 0, 0, alone[0]);
        sound->ops->close(sound);

        language_model *const lm = open_tiny((tiny_arch)arch, BAD_TOKEN);
        const float *logits;
        int32_t bad = -1;
        for (int p = 0; p < LENGTH; p++) {
            assert_int_not_equal(FIRST[p], BAD_TOKEN);
            const batch_token batch[2] = {{.id = FIRST[p], .pos = p, .wants_logits = true},
                                          {.id = BAD_TOKEN, .seq = 2, .wants_logits = true}};
            assert_int_equal(step(lm, batch, 2, &logits, &bad), SW_ENUMERIC);
            assert_int_equal(bad, 2);
            assert_int_equal(step(lm, batch, 1, &logits, &bad), SW_OK);
            assert_int_equal(bad, -1);
            assert_memory_equal(logits, alone[0][p], sizeof alone[0][p]);
        }
        lm->ops->close(lm);
    }
}

static void test_pages_that_held_no_numbers_do_no_harm_to_the_next(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        language_model *const lm = open_tiny((tiny_arch)arch, BAD_TOKEN);
        evaluate_alone(lm, FIRST, 0, 0, alone[0]);
        lm->ops->truncate(lm, 0, 0);
        // Every position of the same pages is filled with NaN ...
        const float *logits;
        int32_t bad;
        for (int p = 0; p < 64; p++) {
            const batch_token t = {.id = BAD_TOKEN, .pos = p, .seq = 1};
            assert_int_equal(step(lm, &t, 1, &logits, &bad), SW_ENUMERIC);
        }
        lm->ops->truncate(lm, 1, 0);
        // ... and what is evaluated there afterwards is as if they were new.
        evaluate_alone(lm, FIRST, 2, 0, again);
        assert_memory_equal(again, alone[0], sizeof again);
        lm->ops->close(lm);
    }
}

/* ---- what may be asked ---- */

static void test_wrong_batches_are_refused(void **state)
{
    (void)state;
    language_model *const lm = open_tiny(TINY_DEEPSEEK, TINY_NO_TOKEN);
    batch_token batch[17] = {{.id = 0}};
    const float *logits;
    int32_t bad;
    sw_err err = {0};
    assert_int_equal(lm->ops->step(lm, batch, 0, &logits, &bad, &err), SW_EINVAL);
    assert_null(logits);
    sw_err_clear(&err);
    assert_int_equal(lm->ops->step(lm, batch, 17, &logits, &bad, &err), SW_EINVAL);
    static const int32_t IDS[] = {-1, TINY_VOCAB, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++) {
        batch[0].id = IDS[i];
        sw_err_clear(&err);
        assert_int_equal(lm->ops->step(lm, batch, 1, &logits, &bad, &err), SW_EINVAL);
        assert_non_null(strstr(err.msg, "vocabulary"));
    }
    assert_false(lm->ops->reserve(lm, 0, 65));
    lm->ops->close(lm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logits_do_not_depend_on_who_shares_the_batch),
        cmocka_unit_test(test_rows_belong_to_the_tokens_that_want_them),
        cmocka_unit_test(test_a_rewound_sequence_gives_the_same_logits),
        cmocka_unit_test(test_only_the_sequence_with_a_damaged_weight_fails),
        cmocka_unit_test(test_pages_that_held_no_numbers_do_no_harm_to_the_next),
        cmocka_unit_test(test_wrong_batches_are_refused),
    };
    return cmocka_run_group_tests_name("isolation of sequences", tests, NULL, NULL);
}
