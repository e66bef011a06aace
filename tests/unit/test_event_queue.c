/* The engine's events, as they arrive at the other thread: unchanged, in order, joined or lost only as documented. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "serving/event_queue.h"

static int n_wakes;

static void count_wake(void *ud)
{
    (void)ud;
    n_wakes++;
}

static event_inbox inbox;
static event_queue queue;

static void open_queue(size_t bytes_max)
{
    n_wakes = 0;
    event_inbox_init(&inbox, count_wake, NULL);
    event_queue_init(&queue, &inbox, NULL, bytes_max);
}

static void close_queue(void)
{
    event_queue_free(&queue);
    event_inbox_destroy(&inbox);
}

static void put_text(sw_text_kind kind, const char *text)
{
    event_queue_on_event(
        &queue,
        &(sw_event){.type = SW_EVENT_TOKEN, .kind = kind, .text = text, .n_bytes = strlen(text), .n_tokens = 1});
}

static void assert_text(event_reader *r, sw_text_kind kind, const char *text)
{
    sw_event e;
    assert_true(event_reader_next(r, &e));
    assert_int_equal(e.type, SW_EVENT_TOKEN);
    assert_int_equal(e.kind, kind);
    assert_int_equal(e.n_bytes, strlen(text));
    assert_memory_equal(e.text, text, e.n_bytes);
}

static void test_events_arrive_as_the_engine_sent_them(void **state)
{
    (void)state;
    static const float EMBEDDING[] = {0.5f, -0.25f, 0.75f};
    const sw_err error = {.code = SW_ENUMERIC, .msg = "not finite"};
    const sw_logprobs logprobs = {.is_content = true,
                                  .sampled = {.id = 7, .logprob = -0.5f, .text = "a", .n_bytes = 1},
                                  .top = {{.id = 7, .logprob = -0.5f, .text = "a", .n_bytes = 1},
                                          {.id = 9, .logprob = -2, .text = "\xe2", .n_bytes = 1}},
                                  .n_top = 2};
    open_queue(1 << 16);
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_ACCEPTED, .n_prompt = 12, .n_cached = 3});
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_TOKEN,
                                             .kind = SW_TEXT_CONTENT,
                                             .text = "a",
                                             .n_bytes = 1,
                                             .n_tokens = 1,
                                             .logprobs = &logprobs});
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_PROMPT_TOKEN, .logprobs = &logprobs});
    put_text(SW_TEXT_CONTENT, ""); // half a character: nothing to say yet
    put_text(SW_TEXT_REASONING, "b");
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_EMBEDDING, .embedding = EMBEDDING, .n_embd = 3});
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_DONE, .n_predicted = 2, .timings.ttft_ms = 1.5});
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_ERROR, .error = &error});

    buf bytes;
    sw_event e;
    assert_true(event_queue_take(&queue, &bytes));
    event_reader r = {.bytes = &bytes};
    assert_true(event_reader_next(&r, &e));
    assert_true(e.type == SW_EVENT_ACCEPTED && e.n_prompt == 12 && e.n_cached == 3);
    assert_true(event_reader_next(&r, &e));
    assert_true(e.logprobs != NULL && e.logprobs->n_top == 2 && e.logprobs->sampled.id == 7);
    assert_true(e.logprobs->top[1].logprob == -2 && e.logprobs->top[1].text[0] == '\xe2');
    assert_true(event_reader_next(&r, &e));
    assert_true(e.type == SW_EVENT_PROMPT_TOKEN && e.n_bytes == 0 && e.logprobs->n_top == 2);
    assert_text(&r, SW_TEXT_REASONING, "b");
    assert_true(event_reader_next(&r, &e));
    assert_true(e.type == SW_EVENT_EMBEDDING && e.n_embd == 3 && (uintptr_t)e.embedding % sizeof(float) == 0);
    assert_memory_equal(e.embedding, EMBEDDING, sizeof EMBEDDING);
    assert_true(event_reader_next(&r, &e));
    assert_true(e.type == SW_EVENT_DONE && e.n_predicted == 2 && e.timings.ttft_ms == 1.5 && e.logprobs == NULL);
    assert_true(event_reader_next(&r, &e));
    assert_true(e.type == SW_EVENT_ERROR && e.error->code == SW_ENUMERIC);
    assert_string_equal(e.error->msg, "not finite");
    assert_false(event_reader_next(&r, &e));
    buf_free(&bytes);
    close_queue();
}

static void test_has_room_until_a_quarter_of_the_limit_waits(void **state)
{
    (void)state;
    open_queue(1 << 20);
    char text[1000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    while (event_queue_has_room(&queue)) {
        assert_true(queue.bytes.size < EVENT_QUEUE_ROOM_BYTES);
        put_text(SW_TEXT_CONTENT, text);
    }
    assert_true(queue.bytes.size >= EVENT_QUEUE_ROOM_BYTES);
    buf bytes;
    assert_true(event_queue_take(&queue, &bytes));
    assert_true(event_queue_has_room(&queue));
    buf_free(&bytes);
    close_queue();
}

static uint64_t fake_now(void *ud)
{
    return *(uint64_t *)ud;
}

static void test_notes_when_the_first_token_came(void **state)
{
    (void)state;
    uint64_t now = 5;
    sw_clock clock = *clock_or_system(NULL);
    clock.now_ns = fake_now;
    clock.ud = &now;
    open_queue(1 << 16);
    inbox.clock = &clock;
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_ACCEPTED});
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_PROGRESS});
    event_queue_on_event(&queue,
                         &(sw_event){.type = SW_EVENT_PROMPT_TOKEN, .logprobs = &(sw_logprobs){.is_content = true}});
    assert_int_equal(event_queue_first_token_ns(&queue), 0);
    now = 7;
    put_text(SW_TEXT_CONTENT, ""); // half a character is a token too
    now = 9;
    put_text(SW_TEXT_CONTENT, "a");
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_DONE});
    assert_int_equal(event_queue_first_token_ns(&queue), 7);
    close_queue();
    open_queue(1 << 16);
    inbox.clock = &clock;
    event_queue_on_event(&queue, &(sw_event){.type = SW_EVENT_DONE}); // the first token was the end
    assert_int_equal(event_queue_first_token_ns(&queue), 9);
    close_queue();
}

static void test_the_reader_is_woken_once_and_only_for_an_open_queue(void **state)
{
    (void)state;
    open_queue(1 << 16);
    put_text(SW_TEXT_CONTENT, "a"); // the intake still has it
    assert_int_equal(n_wakes, 0);
    assert_false(event_queue_is_open(&queue));
    assert_null(event_inbox_take(&inbox));
    event_queue_open_to_reader(&queue);
    put_text(SW_TEXT_CONTENT, "b");
    assert_int_equal(n_wakes, 1);
    assert_ptr_equal(event_inbox_take(&inbox), &queue);
    assert_null(event_inbox_take(&inbox));
    put_text(SW_TEXT_CONTENT, "c");
    assert_int_equal(n_wakes, 2);
    close_queue(); // while it is in the inbox
}

static void test_texts_of_one_kind_are_joined_once_many_wait(void **state)
{
    (void)state;
    enum { N = 4000 };
    open_queue(1 << 20);
    for (int i = 0; i < N; i++) {
        const sw_text_kind kind = i < N - 1 ? SW_TEXT_CONTENT : SW_TEXT_REASONING;
        const sw_event e = {.type = SW_EVENT_TOKEN,
                            .kind = kind,
                            .text = "0123456789",
                            .n_bytes = 10,
                            .n_tokens = 1,
                            .n_predicted = i + 1};
        event_queue_on_event(&queue, &e);
    }
    buf bytes;
    assert_true(event_queue_take(&queue, &bytes));
    event_reader r = {.bytes = &bytes};
    sw_event e;
    size_t n_bytes = 0;
    int n_events = 0, n_tokens = 0;
    for (; event_reader_next(&r, &e); n_events++) {
        n_bytes += e.n_bytes;
        n_tokens += e.n_tokens;
        assert_int_equal(e.n_predicted, n_tokens); // of the last token in it
        assert_true(e.n_bytes <= 4096);
    }
    assert_int_equal(n_bytes, 10 * N);
    assert_int_equal(n_tokens, N);
    assert_int_equal(e.kind, SW_TEXT_REASONING); // not joined with the content before it
    assert_in_range(n_events, 10, N / 10);
    buf_free(&bytes);
    close_queue();
}

static void test_an_event_that_does_not_fit_is_noticed(void **state)
{
    (void)state;
    const sw_event big = {.type = SW_EVENT_TOKEN, .text = "x", .n_bytes = 1, .n_tokens = 1};
    buf bytes;
    open_queue(1 << 12);
    event_queue_on_event(&queue, &big);
    assert_true(event_queue_take(&queue, &bytes));
    const size_t n_fit = (1 << 12) / bytes.size; // records of one token
    buf_free(&bytes);
    for (size_t i = 0; i < n_fit; i++)
        event_queue_on_event(&queue, &big);
    assert_true(event_queue_take(&queue, &bytes));
    buf_free(&bytes);
    for (size_t i = 0; i < n_fit + 1; i++)
        event_queue_on_event(&queue, &big);
    assert_false(event_queue_take(&queue, &bytes));
    buf_free(&bytes);
    close_queue();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_arrive_as_the_engine_sent_them),
        cmocka_unit_test(test_has_room_until_a_quarter_of_the_limit_waits),
        cmocka_unit_test(test_notes_when_the_first_token_came),
        cmocka_unit_test(test_the_reader_is_woken_once_and_only_for_an_open_queue),
        cmocka_unit_test(test_texts_of_one_kind_are_joined_once_many_wait),
        cmocka_unit_test(test_an_event_that_does_not_fit_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
