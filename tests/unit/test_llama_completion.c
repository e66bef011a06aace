/* llama-server's completions: bodies to requests, events to bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dialects/llama_completion.h"

/* ---- requests --------------------------------------------------------------------------------------------------- */

static bool parse(generation_request *out, const char *body, api_error *error)
{
    *error = (api_error){0};
    return LLAMA_COMPLETION.parse(out, body, strlen(body), /*random=*/77, error);
}

static generation_request reads(const char *body)
{
    generation_request r;
    api_error error;
    if (!parse(&r, body, &error))
        fail_msg("%s: %s", body, error.message);
    return r;
}

static void refuses(const char *body, api_situation what, const char *param)
{
    generation_request r;
    api_error error;
    assert_false(parse(&r, body, &error));
    assert_int_equal(error.what, what);
    assert_string_equal(error.param, param);
    assert_true(error.message[0] != '\0');
}

static void test_reads_the_names_of_llama_server(void **state)
{
    (void)state;
    generation_request r = reads("{\"prompt\":\"a\",\"n_predict\":128,\"temperature\":0.5,\"top_k\":7,\"stop\":[\"x\"],"
                                 "\"cache_prompt\":true,\"id_slot\":-1,\"ignore_eos\":true,\"seed\":9,"
                                 "\"return_progress\":true,\"n_keep\":5,\"n_probs\":0}");
    assert_string_equal(r.prompts[0].text, "a");
    assert_int_equal(r.core.max_tokens, 128);
    assert_int_equal(r.core.sampling.top_k, 7);
    assert_int_equal(r.core.sampling.seed, 9);
    assert_int_equal(r.core.n_stop, 1);
    assert_true(r.core.ignore_eos && r.return_progress && !r.stream && !r.core.logprobs);
    assert_true(r.core.parse_special);
    assert_string_equal(r.ignored, "n_keep");
    generation_request_free(&r);
}

static void test_limits_of_an_answer(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int max_tokens;
        bool prompt_only;
    } CASES[] = {
        {"{\"prompt\":\"a\"}", 0, false},
        {"{\"prompt\":\"a\",\"n_predict\":-1}", 0, false},
        {"{\"prompt\":\"a\",\"n_predict\":0}", 0, true},
        {"{\"prompt\":\"a\",\"max_tokens\":3}", 3, false},
        {"{\"n_predict\":4,\"max_tokens\":3,\"prompt\":\"a\"}", 4, false},
        {"{\"n_predict\":4,\"max_tokens\":0,\"prompt\":\"a\"}", 4, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        generation_request r = reads(CASES[i].body);
        assert_int_equal(r.core.max_tokens, CASES[i].max_tokens);
        assert_int_equal(r.core.prompt_only, CASES[i].prompt_only);
        generation_request_free(&r);
    }
    refuses("{\"prompt\":\"a\",\"n_predict\":-3}", API_INVALID_VALUE, "n_predict");
}

static void test_reads_several_prompts_and_several_answers(void **state)
{
    (void)state;
    generation_request r = reads("{\"prompt\":[\"a\",[1,2]],\"n_cmpl\":2}");
    assert_int_equal(generation_n_answers(&r), 4);
    assert_int_equal(r.prompts[1].n_tokens, 2);
    generation_request_free(&r);
    r = reads("{\"prompt\":[5,6,7]}");
    assert_int_equal(r.n_prompts, 1);
    assert_int_equal(r.prompts[0].n_tokens, 3);
    generation_request_free(&r);
}

static void test_reads_both_forms_of_logit_bias(void **state)
{
    (void)state;
    generation_request r = reads("{\"prompt\":\"a\",\"logit_bias\":[[15,1.5],[7,false]]}");
    assert_int_equal(r.core.sampling.n_biases, 2);
    assert_int_equal(r.core.sampling.biases[0].id, 15);
    assert_true(r.core.sampling.biases[0].bias == 1.5f);
    assert_int_equal(r.core.sampling.biases[1].id, 7);
    assert_true(r.core.sampling.biases[1].bias == -100);
    generation_request_free(&r);
    r = reads("{\"prompt\":\"a\",\"logit_bias\":{\"15\":-2}}");
    assert_int_equal(r.core.sampling.biases[0].id, 15);
    generation_request_free(&r);
    r = reads("{\"prompt\":\"a\",\"logit_bias\":[]}");
    assert_int_equal(r.core.sampling.n_biases, 0);
    generation_request_free(&r);
    refuses("{\"prompt\":\"a\",\"logit_bias\":[[\" a\",1]]}", API_UNSUPPORTED_VALUE, "logit_bias[0][0]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":[[1,2],[1]]}", API_INVALID_TYPE, "logit_bias[1]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":[[1,2,3]]}", API_INVALID_TYPE, "logit_bias[0]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":[5]}", API_INVALID_TYPE, "logit_bias[0]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":[[-1,2]]}", API_INVALID_VALUE, "logit_bias[0][0]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":[[1,101]]}", API_INVALID_VALUE, "logit_bias[0]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":[[1,true]]}", API_INVALID_TYPE, "logit_bias[0]");
    refuses("{\"prompt\":\"a\",\"logit_bias\":\"x\"}", API_INVALID_TYPE, "logit_bias");
}

/* [[0,1],[0,1],...] as many times as the limit says, and once more. */
static void test_as_many_pairs_as_the_limit_says(void **state)
{
    (void)state;
    for (int n = LIMIT_LOGIT_BIASES; n <= LIMIT_LOGIT_BIASES + 1; n++) {
        generation_request r;
        api_error error;
        buf body;
        buf_init(&body, 1 << 16);
        buf_puts(&body, "{\"prompt\":\"a\",\"logit_bias\":[[0,1]");
        for (int i = 1; i < n; i++)
            buf_puts(&body, ",[0,1]");
        buf_puts(&body, "]}");
        assert_int_equal(parse(&r, buf_str(&body), &error), n == LIMIT_LOGIT_BIASES);
        generation_request_free(&r);
        buf_free(&body);
    }
}

static void test_refuses_what_it_cannot_do_by_its_name(void **state)
{
    (void)state;
    refuses("{}", API_MISSING_PARAMETER, "prompt");
    refuses("{\"prompt\":5}", API_INVALID_TYPE, "prompt");
    refuses("{\"prompt\":[12,\"text\",5]}", API_UNSUPPORTED_VALUE, "prompt");
    refuses("{\"prompt\":[\"a\",[12,\"text\"]]}", API_UNSUPPORTED_VALUE, "prompt[1]");
    refuses("{\"prompt\":{\"prompt_string\":\"a\"}}", API_UNSUPPORTED_VALUE, "prompt");
    refuses("{\"prompt\":[\"a\",{\"prompt_string\":\"a\"}]}", API_UNSUPPORTED_VALUE, "prompt[1]");
    refuses("{\"prompt\":\"a\",\"n_probs\":21}", API_INVALID_VALUE, "n_probs");
    refuses("{\"prompt\":\"a\",\"id_slot\":3}", API_UNSUPPORTED_PARAMETER, "id_slot");
    refuses("{\"prompt\":\"a\",\"return_tokens\":true}", API_UNSUPPORTED_PARAMETER, "return_tokens");
    refuses("{\"prompt\":\"a\",\"response_fields\":[\"content\"]}", API_UNSUPPORTED_PARAMETER, "response_fields");
    refuses("{\"prompt\":\"a\",\"post_sampling_probs\":true}", API_UNSUPPORTED_PARAMETER, "post_sampling_probs");
    refuses("{\"prompt\":\"a\",\"grammar\":\"root ::= x\"}", API_UNSUPPORTED_PARAMETER, "grammar");
    refuses("{\"prompt\":\"a\",\"json_schema\":{\"type\":\"object\"}}", API_UNSUPPORTED_PARAMETER, "json_schema");
    refuses("{\"prompt\":\"a\",\"mirostat\":2}", API_UNSUPPORTED_PARAMETER, "mirostat");
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

typedef struct buf_sink {
    event_sink sink;
    buf *out;
} buf_sink;

static void emit(event_sink *sink, const char *name, const char *payload, size_t n)
{
    assert_null(name);
    buf_append(((buf_sink *)sink)->out, payload, n);
}

static const char *const STOPS[] = {"</s>", "END"};
static const generation_head HEAD = {.id = "cmpl-1",
                                     .fingerprint = "sw-x",
                                     .created = 5,
                                     .model = "m",
                                     .backend = "cpu",
                                     .n_choices = 1,
                                     .n_answers = 1,
                                     .seed = 3,
                                     .stop = STOPS,
                                     .n_stop = 2};
static const sw_event STOPPED = {
    .type = SW_EVENT_DONE, .finish = SW_FINISH_STOP, .stop_index = 1, .n_prompt = 30, .n_cached = 20, .n_predicted = 4};

#define END(type, word)                                                                                                \
    "\"model\":\"m\",\"stop_type\":\"" type "\",\"stopping_word\":\"" word "\",\"tokens_predicted\":4,"                \
    "\"tokens_evaluated\":30,\"tokens_cached\":20,\"seed\":3,\"sampling\":{\"temperature\":0.0,\"top_p\":0.0,\"top_"   \
    "k\":0,\"min_p\":0.0,\"seed\":3},"                                                                                 \
    "\"timings\":{"

static void assert_begins(buf *out, const char *expected)
{
    assert_int_equal(out->failed, SW_OK);
    const size_t n = strlen(expected);
    if (out->size < n || memcmp(buf_str(out), expected, n) != 0)
        assert_string_equal(buf_str(out), expected);
    buf_clear(out);
}

static void test_a_stream_is_parts_and_no_done_follows(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 1 << 16);
    buf_sink b = {{.emit = emit}, &out};
    dialect_stream s = {.sink = &b.sink, .head = &HEAD};
    const sw_token_logprob token = {.id = 9, .text = "\xe2\x82", .n_bytes = 2, .logprob = -0.5f};
    sw_logprobs logprobs = {.sampled = token, .n_top = 1};
    logprobs.top[0] = token;
    LLAMA_COMPLETION.begin(&s, 0);
    LLAMA_COMPLETION.progress(&s, 0, &(sw_event){.n_prompt = 100, .n_cached = 32, .n_prompt_done = 64}, 12.5);
    assert_begins(&out,
                  "{\"index\":0,\"content\":\"\",\"stop\":false,\"id_slot\":-1,\"prompt_progress\":{\"total\":100,"
                  "\"cache\":32,\"processed\":64,\"time_ms\":12.5}}");
    LLAMA_COMPLETION.text(&s, 0, &(sw_event){.text = "a\"", .n_bytes = 2});
    assert_begins(&out, "{\"index\":0,\"content\":\"a\\\"\",\"stop\":false,\"id_slot\":-1}");
    LLAMA_COMPLETION.text(&s, 0, &(sw_event){.logprobs = &logprobs});
#define TOKEN "{\"token\":\"\xef\xbf\xbd\xef\xbf\xbd\",\"logprob\":-0.5,\"bytes\":[226,130],\"id\":9"
    assert_begins(&out,
                  "{\"index\":0,\"content\":\"\",\"stop\":false,\"id_slot\":-1,\"completion_probabilities\":[" TOKEN
                  ",\"top_logprobs\":[" TOKEN "}]}]}");
    LLAMA_COMPLETION.end_choice(&s, 0, &STOPPED);
    assert_begins(&out, "{\"index\":0,\"content\":\"\",\"stop\":true,\"id_slot\":-1," END("word", "END"));
    LLAMA_COMPLETION.end(&s, &STOPPED);
    assert_int_equal(out.size, 0);
    api_error error;
    api_fail(&error, API_INTERNAL, NULL, "broken");
    (LLAMA_COMPLETION.fail)(&s, &error);
    assert_begins(&out, "{\"error\":{\"message\":\"broken\",");
    buf_free(&out);
}

static void test_an_answer_says_why_it_stopped(void **state)
{
    (void)state;
    buf out, content;
    buf_init(&out, 1 << 16);
    buf_init(&content, 64);
    buf_puts(&content, "Hi");
    sw_event done = STOPPED;
    const whole_choice choice = {.content = &content, .reasoning = &content, .done = &done};
    const whole_answer answer = {&choice, 1, done};
#define BEGIN "{\"index\":0,\"content\":\"Hi\",\"stop\":true,\"id_slot\":-1,"
    LLAMA_COMPLETION.write_answer(&out, &HEAD, &answer);
    assert_begins(&out, BEGIN END("word", "END"));
    done.stop_index = -1;
    LLAMA_COMPLETION.write_answer(&out, &HEAD, &answer);
    assert_begins(&out, BEGIN END("eos", ""));
    done.finish = SW_FINISH_LENGTH;
    LLAMA_COMPLETION.write_answer(&out, &HEAD, &answer);
    assert_begins(&out, BEGIN END("limit", ""));
    const whole_choice both[] = {choice, choice};
    LLAMA_COMPLETION.write_answer(&out, &HEAD, &(whole_answer){both, 2, done});
    assert_non_null(strstr(buf_str(&out), "},{\"index\":1,"));
    assert_begins(&out, "[" BEGIN);
    buf_free(&out);
    buf_free(&content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_the_names_of_llama_server),
        cmocka_unit_test(test_limits_of_an_answer),
        cmocka_unit_test(test_reads_several_prompts_and_several_answers),
        cmocka_unit_test(test_reads_both_forms_of_logit_bias),
        cmocka_unit_test(test_as_many_pairs_as_the_limit_says),
        cmocka_unit_test(test_refuses_what_it_cannot_do_by_its_name),
        cmocka_unit_test(test_a_stream_is_parts_and_no_done_follows),
        cmocka_unit_test(test_an_answer_says_why_it_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
