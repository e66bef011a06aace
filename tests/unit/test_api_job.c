/* Generation through the public interface, over the stub engine: events and their order, stop strings, cancelling,
 * releasing, and answers that do not depend on what else runs. */
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "spillway.h"

enum { TEXT_BYTES = 8192 };

/* What the events of one job told. */
typedef struct record {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_accepted, n_progress, n_text, n_last;
    int n_tokens; // summed over TOKEN events
    bool has_bad_count;
    int n_prompt_done;
    bool is_out_of_order;
    char text[TEXT_BYTES];
    size_t n_bytes;
    char spelled[TEXT_BYTES]; // the sampled tokens of events with log-probabilities
    size_t n_spelled;
    int n_logprobs;
    bool has_bad_logprobs;
    sw_event last;
    sw_err err;
} record;

static void note_text(record *r, const sw_event *e)
{
    assert(r->n_bytes + e->n_bytes < TEXT_BYTES && e->text[e->n_bytes] == '\0');
    memcpy(r->text + r->n_bytes, e->text, e->n_bytes + 1);
    r->n_bytes += e->n_bytes;
    r->n_tokens += e->n_tokens;
    r->has_bad_count |= e->n_tokens > 0 && (e->n_predicted != r->n_tokens || e->n_prompt <= 0);
    r->n_text++;
}

/* The stub likes one token best and one second best, by e^3, or both are the same. */
static void note_logprobs(record *r, const sw_logprobs *l)
{
    const double best = (double)l->top[0].logprob;
    r->has_bad_logprobs |= l->n_top != 2 || !l->is_content || l->top[1].logprob >= l->top[0].logprob;
    r->has_bad_logprobs |= fabs(best + 0.04859) > 1e-4 && fabs(best) > 1e-4;
    if (l->sampled.id == l->top[0].id)
        r->has_bad_logprobs |= l->sampled.logprob != l->top[0].logprob;
    assert(r->n_spelled + l->sampled.n_bytes < TEXT_BYTES);
    memcpy(r->spelled + r->n_spelled, l->sampled.text, l->sampled.n_bytes);
    r->n_spelled += l->sampled.n_bytes;
    r->n_logprobs++;
}

static void on_event(void *ud, const sw_event *e)
{
    record *const r = ud;
    pthread_mutex_lock(&r->lock);
    switch (e->type) {
    case SW_EVENT_ACCEPTED:
        r->is_out_of_order |= r->n_accepted + r->n_progress + r->n_text + r->n_last > 0;
        r->n_accepted++;
        break;
    case SW_EVENT_PROGRESS:
        r->is_out_of_order |= r->n_accepted != 1 || r->n_text > 0 || e->n_prompt_done <= r->n_prompt_done;
        r->n_prompt_done = e->n_prompt_done;
        r->n_progress++;
        break;
    case SW_EVENT_TOKEN:
        r->is_out_of_order |= r->n_last > 0 || r->n_progress == 0;
        note_text(r, e);
        if (e->logprobs != NULL)
            note_logprobs(r, e->logprobs);
        break;
    case SW_EVENT_PROMPT_TOKEN:
    case SW_EVENT_EMBEDDING: r->is_out_of_order = true; break; // not requested
    case SW_EVENT_DONE:
    case SW_EVENT_ERROR:
        r->last = *e;
        if (e->error != NULL)
            r->err = *e->error;
        r->n_last++;
        break;
    }
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void record_init(record *r)
{
    *r = (record){.n_prompt_done = -1};
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
}

static void record_clear(record *r)
{
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
}

static void wait_for_text(record *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->n_text == 0)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

static int n_events(record *r)
{
    pthread_mutex_lock(&r->lock);
    const int n = r->n_accepted + r->n_progress + r->n_text + r->n_last;
    pthread_mutex_unlock(&r->lock);
    return n;
}

static sw_engine *open_stub(double tokens_per_s)
{
    const sw_engine_options options = {.stub_tokens_per_s = tokens_per_s};
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "stub:", &options, &err), SW_OK);
    return engine;
}

static const sw_message HELLO[] = {{.role = SW_ROLE_SYSTEM, .content = "Be brief."},
                                   {.role = SW_ROLE_USER, .content = "What is a spillway?"}};

static sw_job *start(sw_engine *engine, sw_request request, record *r)
{
    sw_job *job;
    sw_err err = {0};
    record_init(r);
    if (request.prompt == NULL && request.messages == NULL && request.tokens == NULL) {
        request.messages = HELLO;
        request.n_messages = 2;
    }
    request.on_event = on_event;
    request.ud = r;
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_OK);
    return job;
}

/* Runs a request to its end. */
static void run(sw_engine *engine, sw_request request, record *r)
{
    sw_job *const job = start(engine, request, r);
    sw_job_wait(job);
    sw_job_release(job);
    assert_int_equal(r->n_last, 1);
    assert_int_equal(r->n_accepted, 1);
    assert_false(r->is_out_of_order || r->has_bad_count);
    record_clear(r);
}

static void test_job_reports_its_prompt_its_text_and_one_last_event(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record r;
    run(engine, (sw_request){0}, &r);
    assert_int_equal(r.last.type, SW_EVENT_DONE);
    assert_int_equal(r.last.finish, SW_FINISH_STOP);
    assert_int_equal(r.last.n_prompt, r.n_prompt_done);
    assert_in_range(r.last.n_predicted, 20, 200);
    assert_int_equal(r.n_tokens, r.last.n_predicted);
    assert_int_equal(r.last.n_reasoning, 0);
    assert_true(r.n_bytes > 20 * 3);
    assert_true(r.last.timings.ttft_ms >= r.last.timings.prompt_ms);
    sw_engine_close(engine);
}

static void test_job_stops_at_max_tokens_and_goes_past_the_end_token_when_told(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record r;
    run(engine, (sw_request){.max_tokens = 5}, &r);
    assert_int_equal(r.last.finish, SW_FINISH_LENGTH);
    assert_int_equal(r.last.n_predicted, 5);
    assert_int_equal(r.n_tokens, 5);
    run(engine, (sw_request){.max_tokens = 500, .ignore_eos = true}, &r); // the stub's answers end after at most 200
    assert_int_equal(r.last.finish, SW_FINISH_LENGTH);
    assert_int_equal(r.last.n_predicted, 500);
    sw_engine_close(engine);
}

static void test_job_keeps_the_ids_of_its_tokens_if_the_request_says_so(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    const sw_tokenizer *const tokenizer = sw_engine_tokenizer(engine);
    record r;
    const int32_t *ids;
    size_t n, n_bytes;
    char *text;
    sw_err err = {0};
    sw_job *job = start(engine, (sw_request){.prompt = "The river"}, &r);
    sw_job_wait(job);
    assert_int_equal(sw_job_tokens(job, &ids, &n, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "keep_tokens"));
    sw_job_release(job);
    record_clear(&r);
    job = start(engine, (sw_request){.prompt = "The river", .keep_tokens = true}, &r);
    sw_job_wait(job);
    assert_int_equal(sw_job_tokens(job, &ids, &n, &err), SW_OK);
    assert_int_equal(n, r.last.n_predicted); // without the end token
    assert_int_equal(sw_tokenizer_decode(tokenizer, ids, n, /*render_special=*/false, &text, &n_bytes, &err), SW_OK);
    assert_int_equal(n_bytes, r.n_bytes);
    assert_memory_equal(text, r.text, n_bytes);
    sw_text_free(text);
    sw_job_release(job);
    record_clear(&r);
    sw_engine_close(engine);
}

static void test_job_continues_a_raw_prompt(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record r;
    run(engine, (sw_request){.prompt = "Once <|im_end|>"}, &r); // text from outside never becomes a control token
    assert_int_equal(r.last.n_prompt, 15);
    assert_true(r.n_bytes > 0);
    sw_engine_close(engine);
}

static void test_job_takes_a_prompt_of_tokens_as_the_text_that_they_encode(void **state)
{
    (void)state;
    static const char PROMPT[] = "The river";
    sw_engine *const engine = open_stub(0);
    const sw_tokenizer *const tokenizer = sw_engine_tokenizer(engine);
    int32_t *ids;
    size_t n, n_counted;
    sw_err err = {0};
    assert_int_equal(sw_tokenizer_encode(tokenizer, PROMPT, strlen(PROMPT), NULL, &ids, &n, &err), SW_OK);
    const sw_request text = {.prompt = PROMPT}, tokens = {.tokens = ids, .n_tokens = n};
    record as_text, as_tokens;
    run(engine, text, &as_text);
    run(engine, tokens, &as_tokens);
    assert_int_equal(as_tokens.last.n_prompt, n);
    assert_string_equal(as_tokens.text, as_text.text);
    char *rendered;
    assert_int_equal(sw_engine_render(engine, &tokens, &rendered, &err), SW_OK);
    assert_string_equal(rendered, PROMPT);
    sw_text_free(rendered);
    assert_int_equal(sw_engine_count(engine, &tokens, &n_counted, &err), SW_OK);
    assert_int_equal(n_counted, n);
    sw_tokens_free(ids);
    sw_engine_close(engine);
}

static void test_a_prompt_is_counted_as_it_is_evaluated_and_even_if_it_does_not_fit(void **state)
{
    (void)state;
    sw_engine *engine;
    size_t n;
    record r;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "stub:", &(sw_engine_options){.n_ctx = 100}, &err), SW_OK);
    const sw_request chat = {.messages = HELLO, .n_messages = 2};
    assert_int_equal(sw_engine_count(engine, &chat, &n, &err), SW_OK);
    run(engine, chat, &r);
    assert_int_equal(n, r.last.n_prompt);
    char large[1001] = {0}; // a token for each byte
    memset(large, 'a', 1000);
    const sw_message message = {.role = SW_ROLE_USER, .content = large};
    const sw_request larger = {.messages = &message, .n_messages = 1};
    assert_int_equal(sw_engine_count(engine, &(sw_request){.prompt = large}, &n, &err), SW_OK);
    assert_int_equal(n, 1000);
    assert_int_equal(sw_engine_count(engine, &larger, &n, &err), SW_OK);
    assert_true(n > 1000);
    assert_int_equal(sw_engine_count(engine, &(sw_request){0}, &n, &err), SW_EINVAL);
    assert_int_equal(n, 0);
    sw_engine_close(engine);
}

static size_t count(const sw_engine *engine, sw_request request)
{
    size_t n;
    sw_err err = {0};
    assert_int_equal(sw_engine_count(engine, &request, &n, &err), SW_OK);
    return n;
}

static void test_texts_of_control_tokens_become_these_tokens_only_if_told(void **state)
{
    (void)state;
    static const char PROMPT[] = "<|im_start|>user";
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "stub:", NULL, &err), SW_OK);
    assert_int_equal(count(engine, (sw_request){.prompt = PROMPT}), sizeof PROMPT - 1); // a token for each byte
    assert_int_equal(count(engine, (sw_request){.prompt = PROMPT, .parse_special = true}), 1 + 4);
    sw_engine_close(engine);
}

/* The text begins with the BOS, which this model also wants before a text. */
static void test_the_text_of_a_chat_has_the_tokens_of_the_chat(void **state)
{
    (void)state;
    sw_engine *engine;
    char *text;
    record as_chat, as_text;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, SPILLWAY_SOURCE_DIR "/models/demo-deepseek.gguf",
                                    &(sw_engine_options){.n_ctx = 256, .n_threads = 1}, &err),
                     SW_OK);
    const sw_request chat = {.messages = HELLO, .n_messages = 2, .max_tokens = 8};
    assert_int_equal(sw_engine_render(engine, &chat, &text, &err), SW_OK);
    run(engine, chat, &as_chat);
    run(engine, (sw_request){.prompt = text, .parse_special = true, .max_tokens = 8}, &as_text);
    assert_int_equal(as_text.last.n_prompt, as_chat.last.n_prompt);
    assert_int_equal(as_text.last.n_cached, as_chat.last.n_prompt - 1); // all but the last, whose logits are needed
    assert_true(count(engine, (sw_request){.prompt = text}) > (size_t)as_chat.last.n_prompt);
    sw_text_free(text);
    sw_engine_close(engine);
}

static void test_job_tells_how_likely_every_token_was(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record r, cool;
    const sw_sampling warm = {.temperature = 2, .seed = 5}; // figures are those before the temperature
    run(engine, (sw_request){.logprobs = true, .n_top_logprobs = 2, .sampling = warm, .max_tokens = 50}, &r);
    assert_int_equal(r.n_logprobs, r.last.n_predicted);
    assert_false(r.has_bad_logprobs);
    assert_int_equal(r.n_spelled, r.n_bytes);
    assert_memory_equal(r.spelled, r.text, r.n_bytes);
    run(engine, (sw_request){.sampling = warm, .max_tokens = 50}, &cool);
    assert_int_equal(cool.n_logprobs, 0);
    assert_string_equal(cool.text, r.text);
    sw_engine_close(engine);
}

/* Token 65 is the byte 'A', whose logit of -100 the biases lift to 20; the stub's best word has 10. */
static void test_job_honours_biases_and_penalties(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record r;
    const sw_logit_bias biases[] = {{65, 100}, {65, 20}};
    sw_sampling sampling = {.biases = biases, .n_biases = 2};
    run(engine, (sw_request){.max_tokens = 5, .sampling = sampling}, &r);
    assert_string_equal(r.text, "AAAAA");
    sampling.frequency_penalty = 2; // 20, 18, 16, 14, 12, 10 and 8: after six the word is better
    run(engine, (sw_request){.max_tokens = 7, .sampling = sampling}, &r);
    assert_memory_equal(r.text, "AAAAAA", 6);
    assert_true(r.n_bytes > 7);
    sw_engine_close(engine);
}

static void test_job_hides_a_stop_string_that_spans_tokens(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record whole, cut;
    run(engine, (sw_request){0}, &whole);
    char stop[16]; // the end of one word, its space, and the beginning of the next
    const char *const space = strchr(strchr(whole.text, ' ') + 1, ' ');
    snprintf(stop, sizeof stop, "%.4s", space - 2);
    const size_t n_before = (size_t)(strstr(whole.text, stop) - whole.text);
    const char *const stops[] = {"never in any answer", stop};
    run(engine, (sw_request){.stop = stops, .n_stop = 2}, &cut);
    assert_int_equal(cut.last.finish, SW_FINISH_STOP);
    assert_int_equal(cut.last.stop_index, 1);
    assert_int_equal(whole.last.stop_index, -1);
    assert_int_equal(cut.n_bytes, n_before);
    assert_memory_equal(cut.text, whole.text, n_before);
    assert_true(cut.last.n_predicted < whole.last.n_predicted);
    assert_int_equal(cut.n_tokens, cut.last.n_predicted);
    sw_engine_close(engine);
}

/* The last word of an answer begins like the stop string: it is held back, and comes before the last event. */
static void test_job_delivers_what_was_held_back_when_no_stop_string_comes(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(0);
    record whole, held;
    run(engine, (sw_request){.max_tokens = 3}, &whole);
    char stop[64];
    snprintf(stop, sizeof stop, "%s and more that never comes", strrchr(whole.text, ' '));
    run(engine, (sw_request){.max_tokens = 3, .stop = &(const char *){stop}, .n_stop = 1}, &held);
    assert_string_equal(held.text, whole.text);
    assert_int_equal(held.last.finish, SW_FINISH_LENGTH);
    sw_engine_close(engine);
}

static void test_jobs_answer_the_same_alone_and_together(void **state)
{
    (void)state;
    enum { N = 12 };
    static const char *const PROMPTS[3] = {"one", "another", "a third, which is longer than the others"};
    sw_engine *const engine = open_stub(0);
    record alone[3], together[N];
    sw_job *jobs[N];
    const sw_sampling warm = {.temperature = 1.5f, .top_p = 0.99f, .seed = 11};
    for (int i = 0; i < 3; i++)
        run(engine, (sw_request){.prompt = PROMPTS[i], .sampling = warm}, &alone[i]);
    for (int i = 0; i < N; i++)
        jobs[i] = start(engine, (sw_request){.prompt = PROMPTS[i % 3], .sampling = warm}, &together[i]);
    for (int i = 0; i < N; i++) {
        sw_job_wait(jobs[i]);
        sw_job_release(jobs[i]);
        assert_string_equal(together[i].text, alone[i % 3].text);
        record_clear(&together[i]);
    }
    record other;
    run(engine, (sw_request){.prompt = PROMPTS[0], .sampling = {.temperature = 1.5f, .seed = 12}}, &other);
    assert_string_not_equal(other.text, alone[0].text);
    sw_engine_close(engine);
}

static void test_job_cancelled_while_it_talks_ends_as_cancelled(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(200);
    record r;
    sw_job *const job = start(engine, (sw_request){.ignore_eos = true}, &r);
    wait_for_text(&r);
    sw_job_cancel(job);
    sw_job_wait(job);
    assert_int_equal(r.last.type, SW_EVENT_DONE);
    assert_int_equal(r.last.finish, SW_FINISH_CANCELED);
    assert_int_equal(r.n_tokens, r.last.n_predicted);
    sw_job_release(job);
    record_clear(&r);
    sw_engine_close(engine);
}

static void test_job_released_before_its_end_is_silent_from_then_on(void **state)
{
    (void)state;
    sw_engine *const engine = open_stub(200);
    record r;
    sw_job *const job = start(engine, (sw_request){.ignore_eos = true}, &r);
    wait_for_text(&r);
    sw_job_release(job);
    const int before = n_events(&r);
    sw_engine_close(engine); // waits until the engine has done with the job
    assert_int_equal(n_events(&r), before);
    assert_int_equal(r.n_last, 0);
    record_clear(&r);
}

static void test_job_may_outlive_its_engine(void **state)
{
    (void)state;
    enum { N = 6 }; // more than the engine has sequences, so some are waiting
    sw_engine *const engine = open_stub(100);
    record r[N];
    sw_job *jobs[N];
    for (int i = 0; i < N; i++)
        jobs[i] = start(engine, (sw_request){.ignore_eos = true}, &r[i]);
    wait_for_text(&r[0]);
    sw_engine_close(engine);
    for (int i = 0; i < N; i++) {
        sw_job_wait(jobs[i]);
        assert_int_equal(r[i].n_last, 1);
        assert_int_equal(r[i].last.finish, SW_FINISH_CANCELED);
        sw_job_release(jobs[i]);
        record_clear(&r[i]);
    }
}

static void test_submit_refuses_what_is_wrong_or_does_not_fit(void **state)
{
    (void)state;
    sw_engine *engine;
    sw_err err = {0};
    record r;
    sw_job *job;
    const sw_engine_options options = {.n_ctx = 32};
    assert_int_equal(sw_engine_open(&engine, "stub:", &options, &err), SW_OK);
    sw_request request = {.prompt = "31 bytes, 31 tokens, and 1 more", .on_event = on_event, .ud = &r};
    run(engine, request, &r);
    assert_int_equal(r.last.n_predicted, 1);
    request.prompt = "with 32 bytes there is no answer";
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "32"));
    assert_null(job);
    sw_err_clear(&err);
    char *const large = malloc(1000001); // refused by its bytes, before it is encoded
    memset(large, 'a', 1000000);
    large[1000000] = '\0';
    const sw_message message = {.role = SW_ROLE_USER, .content = large};
    const sw_request chat = {.messages = &message, .n_messages = 1, .on_event = on_event, .ud = &r};
    request.prompt = large;
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "at least"));
    sw_err_clear(&err);
    assert_int_equal(sw_engine_submit(engine, &chat, &job, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "at least"));
    free(large);
    sw_err_clear(&err);
    request.prompt = "a";
    request.on_event = NULL;
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "on_event"));
    sw_err_clear(&err);
    request = (sw_request){.prompt = "", .on_event = on_event, .ud = &r};
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_EINVAL);
    sw_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_reports_its_prompt_its_text_and_one_last_event),
        cmocka_unit_test(test_job_stops_at_max_tokens_and_goes_past_the_end_token_when_told),
        cmocka_unit_test(test_job_keeps_the_ids_of_its_tokens_if_the_request_says_so),
        cmocka_unit_test(test_job_continues_a_raw_prompt),
        cmocka_unit_test(test_job_takes_a_prompt_of_tokens_as_the_text_that_they_encode),
        cmocka_unit_test(test_a_prompt_is_counted_as_it_is_evaluated_and_even_if_it_does_not_fit),
        cmocka_unit_test(test_texts_of_control_tokens_become_these_tokens_only_if_told),
        cmocka_unit_test(test_the_text_of_a_chat_has_the_tokens_of_the_chat),
        cmocka_unit_test(test_job_tells_how_likely_every_token_was),
        cmocka_unit_test(test_job_honours_biases_and_penalties),
        cmocka_unit_test(test_job_hides_a_stop_string_that_spans_tokens),
        cmocka_unit_test(test_job_delivers_what_was_held_back_when_no_stop_string_comes),
        cmocka_unit_test(test_jobs_answer_the_same_alone_and_together),
        cmocka_unit_test(test_job_cancelled_while_it_talks_ends_as_cancelled),
        cmocka_unit_test(test_job_released_before_its_end_is_silent_from_then_on),
        cmocka_unit_test(test_job_may_outlive_its_engine),
        cmocka_unit_test(test_submit_refuses_what_is_wrong_or_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
