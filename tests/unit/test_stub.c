/* The stub's promises: an answer is a function of the token history alone, it ends by itself, and its pace is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/stub.h"

typedef struct fixture {
    vocabulary *vocab;
    language_model *lm;
    fake_clock clock;
} fixture;

static void set_up(fixture *f, sw_engine_options options)
{
    sw_err err = {0};
    fake_clock_init(&f->clock);
    assert_int_equal(stub_vocab(&f->vocab, &err), SW_OK);
    assert_int_equal(stub_open(&f->lm, f->vocab, &options, &f->clock.clock, &err), SW_OK);
}

static void tear_down(fixture *f)
{
    f->lm->ops->close(f->lm);
    vocab_free(f->vocab);
}

/* Feeds n tokens to a sequence, as one batch, and returns the likeliest next token. */
static int32_t feed(fixture *f, int32_t seq, int32_t pos, const int32_t *ids, size_t n)
{
    batch_token batch[64];
    assert_true(n <= 64);
    for (size_t i = 0; i < n; i++)
        batch[i] = (batch_token){.id = ids[i], .pos = pos + (int32_t)i, .seq = seq, .wants_logits = i == n - 1};
    const float *logits;
    int32_t bad_seq;
    sw_err err = {0};
    assert_int_equal(f->lm->ops->step(f->lm, batch, n, &logits, &bad_seq, &err), SW_OK);
    int32_t best = 0;
    for (int32_t id = 1; id < f->lm->n_vocab; id++)
        best = logits[id] > logits[best] ? id : best;
    return best;
}

/* The greedy answer of a sequence whose last logits gave `next`; returns its length, the end token not counted. */
static int answer(fixture *f, int32_t seq, int32_t pos, int32_t next, int32_t out[STUB_ANSWER_MAX + 1])
{
    int n = 0;
    for (; !vocab_is_eog(f->vocab, next); n++) {
        assert_true(n < STUB_ANSWER_MAX);
        out[n] = next;
        next = feed(f, seq, pos + n, &out[n], 1);
    }
    return n;
}

static const int32_t PROMPT[] = {'<', 'h', 'e', 'l', 'l', 'o', '?'};
enum { N_PROMPT = sizeof PROMPT / sizeof PROMPT[0] };

static void test_stub_answers_words_and_then_ends(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, (sw_engine_options){0});
    int32_t out[STUB_ANSWER_MAX + 1];
    const int n = answer(&f, 0, N_PROMPT, feed(&f, 0, 0, PROMPT, N_PROMPT), out);
    assert_in_range(n, STUB_ANSWER_MIN, STUB_ANSWER_MAX);
    for (int i = 0; i < n; i++) {
        const str_view piece = vocab_piece(f.vocab, out[i], false);
        assert_true(out[i] >= 256 && piece.size > 0);
        assert_int_equal(piece.data[0] >= 'A' && piece.data[0] <= 'Z', i == 0);
    }
    tear_down(&f);
}

static void test_stub_answers_the_same_however_the_history_came(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, (sw_engine_options){0});
    int32_t want[STUB_ANSWER_MAX + 1], got[STUB_ANSWER_MAX + 1];
    const int n = answer(&f, 0, N_PROMPT, feed(&f, 0, 0, PROMPT, N_PROMPT), want);

    int32_t next = -1; // token by token, in another sequence
    for (int i = 0; i < N_PROMPT; i++)
        next = feed(&f, 3, i, &PROMPT[i], 1);
    assert_int_equal(answer(&f, 3, N_PROMPT, next, got), n);
    assert_memory_equal(got, want, (size_t)n * sizeof *got);

    f.lm->ops->truncate(f.lm, 0, N_PROMPT - 1); // from a reused prefix
    next = feed(&f, 0, N_PROMPT - 1, &PROMPT[N_PROMPT - 1], 1);
    assert_int_equal(answer(&f, 0, N_PROMPT, next, got), n);
    assert_memory_equal(got, want, (size_t)n * sizeof *got);
    tear_down(&f);
}

static void test_stub_answers_another_prompt_differently(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, (sw_engine_options){0});
    int32_t a[STUB_ANSWER_MAX + 1], b[STUB_ANSWER_MAX + 1], other[N_PROMPT];
    memcpy(other, PROMPT, sizeof other);
    other[N_PROMPT - 1] = '!';
    const int n_a = answer(&f, 0, N_PROMPT, feed(&f, 0, 0, PROMPT, N_PROMPT), a);
    const int n_b = answer(&f, 1, N_PROMPT, feed(&f, 1, 0, other, N_PROMPT), b);
    assert_true(n_a != n_b || memcmp(a, b, (size_t)n_a * sizeof *a) != 0);
    tear_down(&f);
}

static void test_stub_keeps_its_pace(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, (sw_engine_options){.stub_tokens_per_s = 50});
    int32_t next = feed(&f, 0, 0, PROMPT, N_PROMPT);
    for (int i = 0; i < 9; i++)
        next = feed(&f, 0, N_PROMPT + i, &next, 1);
    assert_int_equal(f.clock.now, 10 * 20000000);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stub_answers_words_and_then_ends),
        cmocka_unit_test(test_stub_answers_the_same_however_the_history_came),
        cmocka_unit_test(test_stub_answers_another_prompt_differently),
        cmocka_unit_test(test_stub_keeps_its_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
