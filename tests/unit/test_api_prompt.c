/* What a job tells of its prompt, through the public interface over the golden models: the probabilities of its tokens
 * are those of the logits that the model gives, bit for bit, and its embedding is the mean that these logits come from,
 * however the prompt was evaluated. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/logprobs.h"
#include "gguf/gguf.h"
#include "spillway.h"
#include "support/golden.h"

enum { N = GOLDEN_POSITIONS, N_TOP = 3, TEXT_BYTES = 4096, EMBD_MAX = 1024 };

/* ---- a job and what its events told ------------------------------------------------------------------------------ */

typedef struct record {
    sw_job *job;
    int n_tokens, n_logprobs; // of the prompt; events
    sw_logprobs prompt[N];    // without texts
    char text[TEXT_BYTES];    // of the prompt's tokens
    size_t n_bytes;
    char answer[TEXT_BYTES];
    size_t n_answer;
    float embedding[EMBD_MAX];
    int n_embd, n_embeddings;
    bool is_out_of_order;
    sw_event last;
    sw_err err;
} record;

static void note_prompt_token(record *r, const sw_logprobs *l)
{
    r->is_out_of_order |= r->n_answer > 0 || r->n_tokens == N || !l->is_content;
    if (r->is_out_of_order || r->n_bytes + l->sampled.n_bytes >= TEXT_BYTES)
        return;
    memcpy(r->text + r->n_bytes, l->sampled.text, l->sampled.n_bytes);
    r->n_bytes += l->sampled.n_bytes;
    r->prompt[r->n_tokens++] = *l;
}

static void note_text(record *r, const sw_event *e)
{
    r->n_logprobs += e->logprobs != NULL;
    if (r->n_answer + e->n_bytes < TEXT_BYTES)
        memcpy(r->answer + r->n_answer, e->text, e->n_bytes);
    r->n_answer += e->n_bytes;
}

static void note_embedding(record *r, const sw_event *e)
{
    r->is_out_of_order |= r->n_answer > 0 || e->n_embd > EMBD_MAX;
    r->n_embeddings++;
    r->n_embd = e->n_embd;
    if (!r->is_out_of_order)
        memcpy(r->embedding, e->embedding, (size_t)e->n_embd * sizeof(float));
}

/* Held by a test that wants no step to begin. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void pass_gate(void)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void on_event(void *ud, const sw_event *e)
{
    record *const r = ud;
    if (e->type == SW_EVENT_ACCEPTED)
        pass_gate();
    else if (e->type == SW_EVENT_PROMPT_TOKEN)
        note_prompt_token(r, e->logprobs);
    else if (e->type == SW_EVENT_TOKEN)
        note_text(r, e);
    else if (e->type == SW_EVENT_EMBEDDING)
        note_embedding(r, e);
    else if (e->type == SW_EVENT_ERROR)
        r->err = *e->error;
    r->last = *e;
}

static void start(sw_engine *engine, sw_request request, record *r)
{
    sw_err err = {0};
    *r = (record){0};
    request.on_event = on_event;
    request.ud = r;
    if (sw_engine_submit(engine, &request, &r->job, &err) != SW_OK)
        fail_msg("%s", err.msg);
}

static void finish(record *r)
{
    sw_job_wait(r->job);
    sw_job_release(r->job);
    assert_false(r->is_out_of_order);
    if (r->last.type != SW_EVENT_DONE)
        fail_msg("%s", r->err.msg);
}

static void run(sw_engine *engine, sw_request request, record *r)
{
    start(engine, request, r);
    finish(r);
}

static sw_engine *open_engine(const char *path, const sw_engine_options *options)
{
    sw_engine *engine;
    sw_err err = {0};
    if (sw_engine_open(&engine, path, options, &err) != SW_OK)
        fail_msg("%s: %s", path, err.msg);
    return engine;
}

static void ids_of(const golden *g, int32_t *ids)
{
    for (int i = 0; i < N; i++)
        ids[i] = g->tokens[i].id;
}

/* ---- probabilities ----------------------------------------------------------------------------------------------- */

/* What the logits tell of every token: (N). */
typedef struct expectation {
    const int32_t *ids;
    sw_logprobs tokens[N];
} expectation;

static bool expect_row(void *ud, size_t position, const float *logits, size_t n_vocab)
{
    expectation *const e = ud;
    if (position + 1 == N)
        return true;
    const int32_t next = e->ids[position + 1];
    logprobs_fill(&e->tokens[position + 1], logits, (int)n_vocab, next, N_TOP);
    double mass = 0; // an independent sum
    for (size_t i = 0; i < n_vocab; i++)
        mass += exp((double)logits[i]);
    const double logprob = (double)logits[next] - log(mass);
    assert_true(fabs((double)e->tokens[position + 1].sampled.logprob - logprob) < 1e-5);
    return true;
}

/* Bits count: 0.0 and -0.0 differ, NaN equals itself. */
static void assert_same_token(const sw_token_logprob *a, const sw_token_logprob *b)
{
    assert_int_equal(a->id, b->id);
    assert_memory_equal(&a->logprob, &b->logprob, sizeof a->logprob);
}

static void check_tokens(const record *r, const expectation *e)
{
    assert_int_equal(r->n_tokens, N);
    assert_int_equal(r->prompt[0].sampled.id, e->ids[0]);
    assert_true(isnan(r->prompt[0].sampled.logprob) && r->prompt[0].n_top == 0);
    for (int i = 1; i < N; i++) {
        assert_int_equal(r->prompt[i].n_top, N_TOP);
        assert_same_token(&r->prompt[i].sampled, &e->tokens[i].sampled);
        for (int k = 0; k < N_TOP; k++)
            assert_same_token(&r->prompt[i].top[k], &e->tokens[i].top[k]);
    }
}

static void probabilities_are_those_of_the_logits(const golden *g)
{
    int32_t ids[N];
    ids_of(g, ids);
    expectation *const expected = calloc(1, sizeof *expected);
    record *const r = calloc(4, sizeof *r);
    assert_true(expected != NULL && r != NULL);
    expected->ids = ids;
    sw_err err = {0};
    sw_engine *engine = open_engine(g->path, &(sw_engine_options){.n_ctx = 128, .n_threads = 2});
    assert_int_equal(sw_engine_logits(engine, ids, N, N, expect_row, expected, &err), SW_OK);
    const sw_request plain = {.tokens = ids, .n_tokens = N, .max_tokens = 4, .ignore_eos = true};
    sw_request scored = plain;
    scored.prompt_logprobs = true;
    scored.n_top_logprobs = N_TOP;
    run(engine, plain, &r[0]);
    run(engine, scored, &r[1]); // although the cache has the prompt
    check_tokens(&r[1], expected);
    assert_int_equal(r[1].last.n_cached, 0);
    assert_int_equal(r[1].n_logprobs, 0); // of the answer they were not requested
    assert_int_equal(r[1].last.n_predicted, 4);
    assert_string_equal(r[1].answer, r[0].answer);
    sw_request fresh = plain;
    fresh.fresh_prompt = true;
    run(engine, fresh, &r[2]); // likewise
    assert_int_equal(r[2].last.n_cached, 0);
    assert_string_equal(r[2].answer, r[0].answer);
    run(engine, plain, &r[3]);
    assert_int_equal(r[3].last.n_cached, N - 1);
    sw_engine_close(engine);

    memset(r, 0, 4 * sizeof *r);
    engine = open_engine(g->path, &(sw_engine_options){.n_ctx = 128, .n_threads = 1, .n_seqs = 4, .n_batch = 7});
    for (int i = 0; i < 4; i++)
        start(engine, i % 2 ? scored : plain, &r[i]);
    for (int i = 0; i < 4; i++)
        finish(&r[i]);
    check_tokens(&r[1], expected);
    check_tokens(&r[3], expected);
    sw_engine_close(engine);
    free(r);
    free(expected);
}

static void test_the_probabilities_of_a_prompt_are_those_of_its_logits(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", probabilities_are_those_of_the_logits);
    golden_with("ds2-v3ish-f32", probabilities_are_those_of_the_logits);
    golden_with("phi3-long-f32", probabilities_are_those_of_the_logits);
}

static const sw_message HELLO[] = {{.role = SW_ROLE_SYSTEM, .content = "Be brief."},
                                   {.role = SW_ROLE_USER, .content = "What is a spillway?"}};

static void test_the_tokens_of_a_prompt_spell_it_with_its_markers(void **state)
{
    (void)state;
    sw_engine *const engine = open_engine("stub:", NULL);
    const sw_request request = {
        .messages = HELLO, .n_messages = 2, .prompt_only = true, .prompt_logprobs = true, .logprobs = true};
    record r;
    char *text;
    sw_err err = {0};
    run(engine, request, &r);
    assert_int_equal(sw_engine_render(engine, &request, &text, &err), SW_OK);
    assert_int_equal(r.n_tokens, r.last.n_prompt);
    assert_string_equal(r.text, text);
    assert_non_null(strstr(text, "<|im_start|>"));
    assert_int_equal(r.last.finish, SW_FINISH_LENGTH);
    assert_int_equal(r.last.n_predicted, 0);
    assert_int_equal(r.n_answer, 0);
    sw_text_free(text);
    sw_engine_close(engine);
}

/* ---- embeddings -------------------------------------------------------------------------------------------------- */

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void check_embedding(const record *r, const sw_engine *engine)
{
    assert_int_equal(r->n_embeddings, 1);
    assert_int_equal(r->n_embd, sw_engine_info(engine)->n_embd);
    assert_true(fabs(dot(r->embedding, r->embedding, (size_t)r->n_embd) - 1) < 1e-6);
    assert_int_equal(r->last.n_cached, 0);
    assert_int_equal(r->last.finish, SW_FINISH_LENGTH);
    assert_int_equal(r->n_answer, 0);
}

static void assert_same_embedding(const record *a, const record *b)
{
    assert_int_equal(a->n_embd, b->n_embd);
    assert_memory_equal(a->embedding, b->embedding, (size_t)a->n_embd * sizeof(float));
}

static bool add_row(void *ud, size_t position, const float *logits, size_t n_vocab)
{
    (void)position;
    float *const sum = ud;
    for (size_t i = 0; i < n_vocab; i++)
        sum[i] += logits[i];
    return true;
}

/* The head is linear, so the head of the mean state is the mean of the logits, up to its length. */
static void check_against_logits(const golden *g, sw_engine *engine, const int32_t *ids, const float *embedding)
{
    gguf_file *file;
    sw_err err = {0};
    assert_int_equal(gguf_open(&file, g->path, &err), SW_OK);
    const gguf_tensor *head = gguf_find_tensor(file, "output.weight");
    if (head == NULL)
        head = gguf_find_tensor(file, "token_embd.weight");
    const size_t n_embd = (size_t)sw_engine_info(engine)->n_embd, n_vocab = g->n_vocab;
    float *const weights = malloc(n_vocab * n_embd * sizeof *weights);
    float *const mean = calloc(n_vocab, sizeof *mean), *const expected = malloc(n_vocab * sizeof *expected);
    assert_true(head != NULL && weights != NULL && mean != NULL && expected != NULL);
    assert_int_equal(gguf_read(file, head, 0, weights, n_vocab * n_embd * sizeof *weights, &err), SW_OK);
    assert_int_equal(sw_engine_logits(engine, ids, N, N, add_row, mean, &err), SW_OK);
    for (size_t v = 0; v < n_vocab; v++)
        expected[v] = (float)dot(weights + v * n_embd, embedding, n_embd);
    const double lengths = sqrt(dot(mean, mean, n_vocab) * dot(expected, expected, n_vocab));
    assert_true(dot(mean, expected, n_vocab) / lengths > 0.999999);
    free(weights);
    free(mean);
    free(expected);
    gguf_close(file);
}

static void embeddings_are_the_same_and_right(const golden *g, void *ud)
{
    enum { N_JOBS = 6 };
    int32_t ids[N];
    ids_of(g, ids);
    record *const r = calloc(1 + N_JOBS, sizeof *r), *const alone = r + N_JOBS;
    assert_non_null(r);
    const sw_request plain = {.tokens = ids, .n_tokens = N, .max_tokens = 4};
    const sw_request embeds = {.tokens = ids, .n_tokens = N, .embed = true};
    const sw_request shorter = {.tokens = ids, .n_tokens = N - 1, .embed = true};
    sw_engine *engine = open_engine(g->path, &(sw_engine_options){.n_ctx = 128, .n_threads = 2, .n_seqs = 1});
    run(engine, shorter, &r[0]);
    check_embedding(&r[0], engine);
    run(engine, plain, &r[1]);
    run(engine, embeds, alone); // in the same sequence, whose cache has the prompt and whose sum was another
    check_embedding(alone, engine);
    if (strstr(g->name, "f32") != NULL) {
        check_against_logits(g, engine, ids, alone->embedding);
        ++*(int *)ud;
    }
    assert_memory_not_equal(r[0].embedding, alone->embedding, (size_t)alone->n_embd * sizeof(float));
    sw_engine_close(engine);

    engine = open_engine(g->path, &(sw_engine_options){.n_ctx = 128, .n_threads = 1, .n_seqs = 4, .n_batch = 7});
    for (int i = 0; i < N_JOBS; i++)
        start(engine, i % 3 == 0 ? plain : embeds, &r[i]);
    for (int i = 0; i < N_JOBS; i++) {
        finish(&r[i]);
        if (i % 3 == 0)
            continue;
        check_embedding(&r[i], engine);
        assert_same_embedding(&r[i], alone);
    }
    sw_engine_close(engine);
    free(r);
}

static void test_an_embedding_is_the_mean_state_with_the_same_bits_however_it_was_computed(void **state)
{
    (void)state;
    int n_exact = 0;
    assert_true(golden_for_each(embeddings_are_the_same_and_right, &n_exact) >= 8);
    assert_true(n_exact >= 8);
}

static void test_the_stub_embeds_texts_as_directions_of_their_own(void **state)
{
    (void)state;
    sw_engine *const engine = open_engine("stub:", NULL);
    record a, again, b;
    run(engine, (sw_request){.prompt = "a river", .embed = true}, &a);
    run(engine, (sw_request){.prompt = "a river", .embed = true}, &again);
    run(engine, (sw_request){.prompt = "a stone", .embed = true}, &b);
    check_embedding(&a, engine);
    check_embedding(&b, engine);
    assert_same_embedding(&a, &again);
    assert_true(fabs(dot(a.embedding, b.embedding, (size_t)a.n_embd)) < 0.99);
    sw_engine_close(engine);
}

static void test_a_job_that_embeds_can_be_canceled(void **state)
{
    (void)state;
    sw_engine *const engine = open_engine("stub:", &(sw_engine_options){.n_batch = 1, .n_seqs = 1});
    record r;
    pthread_mutex_lock(&gate);
    start(engine, (sw_request){.prompt = "a river", .embed = true}, &r);
    sw_job_cancel(r.job);
    pthread_mutex_unlock(&gate);
    finish(&r);
    assert_int_equal(r.last.finish, SW_FINISH_CANCELED);
    assert_int_equal(r.n_embeddings, 0);
    sw_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_probabilities_of_a_prompt_are_those_of_its_logits),
        cmocka_unit_test(test_the_tokens_of_a_prompt_spell_it_with_its_markers),
        cmocka_unit_test(test_an_embedding_is_the_mean_state_with_the_same_bits_however_it_was_computed),
        cmocka_unit_test(test_the_stub_embeds_texts_as_directions_of_their_own),
        cmocka_unit_test(test_a_job_that_embeds_can_be_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
