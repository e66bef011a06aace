/* Opening and asking an engine: options, state, prompts as text, logits, and the tokenizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "spillway.h"

static void check_open(sw_engine_options options, const char *bad_field)
{
    sw_engine *engine;
    sw_err err = {0};
    const sw_code code = sw_engine_open(&engine, "stub:", &options, &err);
    assert_int_equal(code, bad_field == NULL ? SW_OK : SW_EINVAL);
    if (bad_field != NULL) {
        assert_null(engine);
        assert_memory_equal(err.msg, bad_field, strlen(bad_field));
    }
    sw_engine_close(engine);
}

static void test_options_are_accepted_up_to_their_limit(void **state)
{
    (void)state;
    check_open((sw_engine_options){.n_threads = LIMIT_THREADS,
                                   .n_ctx = LIMIT_CTX_TOKENS,
                                   .n_seqs = LIMIT_SEQUENCES,
                                   .n_batch = LIMIT_BATCH_TOKENS},
               NULL);
    check_open((sw_engine_options){.n_seqs = 8, .n_batch = 2}, NULL);
    check_open((sw_engine_options){.n_threads = LIMIT_THREADS + 1}, "n_threads");
    check_open((sw_engine_options){.n_ctx = LIMIT_CTX_TOKENS + 1}, "n_ctx");
    check_open((sw_engine_options){.n_seqs = LIMIT_SEQUENCES + 1}, "n_seqs");
    check_open((sw_engine_options){.n_batch = LIMIT_BATCH_TOKENS + 1}, "n_batch");
    check_open((sw_engine_options){.n_ctx = -1}, "n_ctx");
    check_open((sw_engine_options){.n_cpu_moe = 3, .cpu_moe = true}, "n_cpu_moe");
    check_open((sw_engine_options){.stub_tokens_per_s = -1}, "stub_tokens_per_s");
    check_open((sw_engine_options){.stub_tokens_per_s = 1e-300}, "stub_tokens_per_s");
}

static void test_a_missing_model_is_an_error_that_names_it(void **state)
{
    (void)state;
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "no-such-model.gguf", NULL, &err), SW_ENOTFOUND);
    assert_null(engine);
    assert_non_null(strstr(err.msg, "no-such-model.gguf"));
    sw_tokenizer *tokenizer;
    sw_err_clear(&err);
    assert_int_equal(sw_tokenizer_open(&tokenizer, "no-such-model.gguf", &err), SW_ENOTFOUND);
    assert_null(tokenizer);
}

static void ignore_event(void *ud, const sw_event *e)
{
    (void)ud;
    (void)e;
}

static sw_engine *open_stub(void)
{
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "stub:", NULL, &err), SW_OK);
    return engine;
}

static void test_state_counts_cached_tokens_and_no_jobs_when_all_have_ended(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub();
    const sw_request request = {.prompt = "twenty bytes of text", .max_tokens = 4, .on_event = ignore_event};
    sw_job *job;
    sw_err err = {0};
    assert_string_equal(sw_engine_info(engine)->name, "stub");
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_OK);
    sw_job_wait(job);
    sw_job_release(job);
    const sw_engine_state s = sw_engine_get_state(engine);
    assert_int_equal(s.n_jobs_running, 0);
    assert_int_equal(s.n_jobs_waiting, 0);
    assert_int_equal(s.kv_tokens_used, 20 + 3);
    assert_int_equal(s.n_ctx, 8192);
    assert_int_equal(s.n_seqs, 4);
    sw_slot slots[8];
    assert_int_equal(sw_engine_slots(engine, slots, 8), 4);
    int n_evaluated = 0;
    for (int i = 0; i < 4; i++) {
        assert_false(slots[i].is_running);
        n_evaluated += slots[i].n_evaluated;
    }
    assert_int_equal(n_evaluated, 20 + 3);
    sw_engine_close(engine);
}

static void test_render_shows_the_chat_prompt_and_names_what_is_wrong(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub();
    const sw_message message = {.role = SW_ROLE_USER, .content = "hello"};
    sw_request request = {.messages = &message, .n_messages = 1};
    char *text;
    sw_err err = {0};
    assert_int_equal(sw_engine_render(engine, &request, &text, &err), SW_OK);
    assert_non_null(strstr(text, "<|im_start|>user\nhello<|im_end|>"));
    sw_text_free(text);
    request.max_tokens = -1;
    assert_int_equal(sw_engine_render(engine, &request, &text, &err), SW_EINVAL);
    assert_null(text);
    assert_non_null(strstr(err.msg, "max_tokens"));
    sw_engine_close(engine);
}

/* ---- logits ------------------------------------------------------------------------------------------------- */

typedef struct rows {
    size_t n, max;
    int32_t best[600];
} rows;

static bool on_row(void *ud, size_t position, const float *logits, size_t n_vocab)
{
    rows *const r = ud;
    assert_int_equal(position, r->n);
    size_t best = 0;
    for (size_t i = 1; i < n_vocab; i++)
        best = logits[i] > logits[best] ? i : best;
    r->best[r->n++] = (int32_t)best;
    return r->n < r->max;
}

static void test_logits_come_for_every_position_however_the_tokens_are_batched(void **state)
{
    (void)state;
    enum { N = 600 }; // more than two batches
    sw_engine *const engine = open_stub();
    int32_t tokens[N];
    for (int i = 0; i < N; i++)
        tokens[i] = 'a' + i % 26;
    const size_t prefill[] = {0, 1, 255, 256, 257, 599, 600};
    rows first = {.max = N + 1};
    sw_err err = {0};
    assert_int_equal(sw_engine_logits(engine, tokens, N, N, on_row, &first, &err), SW_OK);
    assert_int_equal(first.n, N);
    for (size_t i = 0; i < sizeof prefill / sizeof prefill[0]; i++) {
        rows r = {.max = N + 1};
        assert_int_equal(sw_engine_logits(engine, tokens, N, prefill[i], on_row, &r, &err), SW_OK);
        assert_int_equal(r.n, N);
        assert_memory_equal(r.best, first.best, sizeof first.best);
    }
    rows few = {.max = 3};
    assert_int_equal(sw_engine_logits(engine, tokens, N, 100, on_row, &few, &err), SW_OK);
    assert_int_equal(few.n, 3);
    sw_engine_close(engine);
}

static void test_logits_refuse_bad_tokens_and_a_busy_engine(void **state)
{
    (void)state;
    const sw_engine_options slow = {.stub_tokens_per_s = 100};
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "stub:", &slow, &err), SW_OK);
    rows r = {.max = 1};
    const int32_t bad[] = {'a', -1, 1000000};
    assert_int_equal(sw_engine_logits(engine, bad, 2, 0, on_row, &r, NULL), SW_EINVAL);
    assert_int_equal(sw_engine_logits(engine, bad + 2, 1, 0, on_row, &r, NULL), SW_EINVAL);
    assert_int_equal(sw_engine_logits(engine, bad, 1, 2, on_row, &r, NULL), SW_EINVAL);
    assert_int_equal(sw_engine_logits(engine, bad, 8193, 0, on_row, &r, NULL), SW_ELIMIT);
    const sw_request request = {.prompt = "x", .ignore_eos = true, .on_event = ignore_event};
    sw_job *job;
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_OK);
    assert_int_equal(sw_engine_logits(engine, bad, 1, 0, on_row, &r, NULL), SW_EBUSY);
    sw_job_cancel(job);
    sw_job_wait(job);
    sw_job_release(job);
    assert_int_equal(sw_engine_logits(engine, bad, 1, 0, on_row, &r, &err), SW_OK);
    assert_int_equal(r.n, 1);
    sw_engine_close(engine);
}

/* ---- the tokenizer ------------------------------------------------------------------------------------------ */

static void test_tokenizer_gives_any_bytes_back(void **state)
{
    (void)state;
    static const char TEXT[] = "caf\xc3\xa9\0 \xff\xfe <|im_end|>";
    sw_tokenizer *tokenizer;
    int32_t *ids;
    char *text;
    size_t n, n_bytes;
    sw_err err = {0};
    assert_int_equal(sw_tokenizer_open(&tokenizer, "stub:", &err), SW_OK);
    assert_int_equal(sw_tokenizer_encode(tokenizer, TEXT, sizeof TEXT - 1, NULL, &ids, &n, &err), SW_OK);
    assert_int_equal(n, sizeof TEXT - 1); // one token per byte: the text of a control token is only text
    assert_int_equal(sw_tokenizer_decode(tokenizer, ids, n, false, &text, &n_bytes, &err), SW_OK);
    assert_int_equal(n_bytes, sizeof TEXT - 1);
    assert_memory_equal(text, TEXT, n_bytes);
    sw_text_free(text);
    sw_tokens_free(ids);

    const sw_encode_options parse = {.parse_special = true};
    assert_int_equal(sw_tokenizer_encode(tokenizer, TEXT, sizeof TEXT - 1, &parse, &ids, &n, &err), SW_OK);
    assert_int_equal(n, sizeof TEXT - 1 - 10 + 1); // now "<|im_end|>" is one token ...
    assert_int_equal(sw_tokenizer_decode(tokenizer, ids, n, false, &text, &n_bytes, &err), SW_OK);
    assert_int_equal(n_bytes, sizeof TEXT - 1 - 10); // ... which has no text of its own
    sw_text_free(text);
    const char *const piece = sw_tokenizer_piece(tokenizer, ids[n - 1], &n_bytes);
    assert_int_equal(n_bytes, 10);
    assert_memory_equal(piece, "<|im_end|>", 10);
    (void)sw_tokenizer_piece(tokenizer, sw_tokenizer_n_vocab(tokenizer), &n_bytes);
    assert_int_equal(n_bytes, 0);
    sw_tokens_free(ids);

    assert_int_equal(sw_tokenizer_encode(tokenizer, "", 0, NULL, &ids, &n, &err), SW_OK);
    assert_int_equal(n, 0);
    assert_non_null(ids);
    sw_tokens_free(ids);
    sw_tokenizer_close(tokenizer);
}

static void test_tokenizer_refuses_one_byte_more_than_the_limit(void **state)
{
    (void)state;
    sw_tokenizer *tokenizer;
    int32_t *ids;
    size_t n;
    sw_err err = {0};
    char *const text = calloc(LIMIT_PROMPT_BYTES + 1, 1);
    assert_non_null(text);
    assert_int_equal(sw_tokenizer_open(&tokenizer, "stub:", &err), SW_OK);
    assert_int_equal(sw_tokenizer_encode(tokenizer, text, LIMIT_PROMPT_BYTES + 1, NULL, &ids, &n, &err), SW_ELIMIT);
    assert_null(ids);
    assert_int_equal(n, 0);
    sw_tokenizer_close(tokenizer);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_accepted_up_to_their_limit),
        cmocka_unit_test(test_a_missing_model_is_an_error_that_names_it),
        cmocka_unit_test(test_state_counts_cached_tokens_and_no_jobs_when_all_have_ended),
        cmocka_unit_test(test_render_shows_the_chat_prompt_and_names_what_is_wrong),
        cmocka_unit_test(test_logits_come_for_every_position_however_the_tokens_are_batched),
        cmocka_unit_test(test_logits_refuse_bad_tokens_and_a_busy_engine),
        cmocka_unit_test(test_tokenizer_gives_any_bytes_back),
        cmocka_unit_test(test_tokenizer_refuses_one_byte_more_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
