/* The scheduler over a real, small model: the answer does not depend on what shares the batch, on how the prompt is
 * cut, or on a reused prefix. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spillway.h"

enum { N_PROMPTS = 3, TEXT_BYTES = 4096 };

static const char *const MODEL = SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf";
static const char *const PROMPTS[N_PROMPTS] = {
    "Tell me a story.",
    "What is 17 plus 25?",
    ("Here is a longer question, long enough that its prompt does not fit into one small batch: how do I sort a list "
     "of "
     "names in a program, and what should I do when two of them are equal?"),
};

typedef struct answer {
    char text[TEXT_BYTES];
    size_t n_bytes;
    int n_last;
    sw_event_type last;
} answer;

static void on_event(void *ud, const sw_event *e)
{
    answer *const a = ud;
    if (e->type == SW_EVENT_TOKEN) {
        assert(a->n_bytes + e->n_bytes < TEXT_BYTES);
        memcpy(a->text + a->n_bytes, e->text, e->n_bytes + 1);
        a->n_bytes += e->n_bytes;
    }
    if (e->type == SW_EVENT_DONE || e->type == SW_EVENT_ERROR) {
        a->n_last++;
        a->last = e->type;
    }
}

static sw_job *start(sw_engine *engine, const char *prompt, answer *a)
{
    *a = (answer){0};
    const sw_message message = {.role = SW_ROLE_USER, .content = prompt};
    const sw_request request = {.messages = &message,
                                .n_messages = 1,
                                .date = "2026-01-01",
                                .sampling = {.temperature = 1, .top_p = 0.95f, .seed = 5},
                                .max_tokens = 40,
                                .on_event = on_event,
                                .ud = a};
    sw_job *job;
    sw_err err = {0};
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_OK);
    return job;
}

static void finish(sw_job *job, const answer *a)
{
    sw_job_wait(job);
    sw_job_release(job);
    assert_int_equal(a->n_last, 1);
    assert_int_equal(a->last, SW_EVENT_DONE);
    assert_true(a->n_bytes > 0);
}

static sw_engine *open_model(int n_batch)
{
    const sw_engine_options options = {.n_ctx = 512, .n_batch = n_batch, .n_threads = 1};
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, MODEL, &options, &err), SW_OK);
    return engine;
}

static void test_answers_are_the_same_alone_together_chunked_and_from_a_reused_prefix(void **state)
{
    (void)state;
    answer alone[N_PROMPTS], other;
    for (int i = 0; i < N_PROMPTS; i++) {
        sw_engine *const engine = open_model(256);
        finish(start(engine, PROMPTS[i], &alone[i]), &alone[i]);
        sw_engine_close(engine);
    }
    sw_engine *const engine = open_model(7); // prompts are cut into many chunks
    answer together[2 * N_PROMPTS];          // more than there are sequences
    sw_job *jobs[2 * N_PROMPTS];
    for (int i = 0; i < 2 * N_PROMPTS; i++)
        jobs[i] = start(engine, PROMPTS[i % N_PROMPTS], &together[i]);
    for (int i = 0; i < 2 * N_PROMPTS; i++) {
        finish(jobs[i], &together[i]);
        assert_string_equal(together[i].text, alone[i % N_PROMPTS].text);
    }
    for (int i = 0; i < N_PROMPTS; i++) { // by now every prompt is cached
        finish(start(engine, PROMPTS[i], &other), &other);
        assert_string_equal(other.text, alone[i].text);
    }
    sw_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_the_same_alone_together_chunked_and_from_a_reused_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
