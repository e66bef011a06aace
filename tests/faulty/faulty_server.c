/* faulty_server.c - a server that speaks OpenAI's API and may have one fault: `faulty_server [--seed N] [--fault NAME]
 * [--stepped]`.
 *
 * It prints its URL first.  With --stepped its time is simulated (step_clock.h), else it is real.  The suite knows
 * nothing of it: it is for proving that a suite finds what is wrong.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "faulty_engine.h"
#include "http/http.h"
#include "step_clock.h"

enum { CONNECTIONS_MAX = 64, BODY_MAX = 1 << 20 };

/* A request that is being answered. */
typedef struct exchange {
    http_conn *conn;
    faulty_answer answer;
    int64_t n_sent; // tokens
    bool is_stream, wants_usage, wants_counts, wants_experts;
    struct exchange *next;
} exchange;

static struct {
    faulty_engine engine;
    http_server *http;
    exchange *exchanges;
    bool is_stepped;
    _Atomic uint64_t step_ns; // what time it is, of stepped clocks
    atomic_bool has_step;
    step_report report;
} server;

/* ---- time -------------------------------------------------------------------------------------------------------- */

static uint64_t stepped_now(void *ud)
{
    (void)ud;
    return atomic_load(&server.step_ns);
}

static int64_t stepped_unix(void *ud)
{
    return (int64_t)(stepped_now(ud) / 1000000000);
}

static void stepped_sleep(void *ud, uint64_t ns)
{
    (void)ud;
    (void)ns; // only the driver moves this clock
}

static const sw_clock STEPPED = {stepped_now, stepped_unix, stepped_sleep, NULL};

static uint64_t now_ns(void)
{
    const sw_clock *const clock = server.is_stepped ? &STEPPED : clock_system();
    return clock->now_ns(clock->ud);
}

/* ---- documents --------------------------------------------------------------------------------------------------- */

static json_t *usage_of(const faulty_answer *a, int64_t n_completion)
{
    return json_pack("{s:I, s:I, s:I}", "prompt_tokens", (json_int_t)a->prompt_tokens, "completion_tokens",
                     (json_int_t)n_completion, "total_tokens", (json_int_t)(a->prompt_tokens + n_completion));
}

static json_t *half_json(const expert_half *half)
{
    json_t *const layers = json_array();
    for (int layer = 0; layer < ENGINE_LAYERS; layer++) {
        json_t *const counts = json_array();
        for (int i = 0; i < ENGINE_EXPERTS; i++)
            json_array_append_new(counts, json_integer((json_int_t)half->counts[layer * ENGINE_EXPERTS + i]));
        json_array_append_new(layers, json_pack("{s:i, s:o}", "layer", layer, "counts", counts));
    }
    return json_pack("{s:I, s:o}", "n_tokens", (json_int_t)half->n_tokens, "layers", layers);
}

static void add_end(const exchange *x, json_t *document)
{
    if (!x->is_stream || x->wants_usage)
        json_object_set_new(document, "usage", usage_of(&x->answer, x->answer.told_tokens));
    if (x->wants_experts)
        json_object_set_new(document, "experts",
                            json_pack("{s:o, s:o}", "prompt", half_json(&x->answer.experts[0]), "generated",
                                      half_json(&x->answer.experts[1])));
}

/* choice: "delta" or "message". */
static json_t *document_of(const char *object, const char *choice, const char *text, size_t n, const char *finish)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:[{s:i, s:{s:s, s:s%}, s:s?}]}", "id", "chatcmpl-1", "object", object,
                     "created", 1790000000, "model", "faulty", "choices", "index", 0, choice, "role", "assistant",
                     "content", text, n, "finish_reason", finish);
}

static void send_document(const exchange *x, json_t *document)
{
    char *const text = json_dumps(document, JSON_COMPACT);
    if (text != NULL && x->is_stream) {
        http_stream_event(x->conn, NULL, text, strlen(text));
    } else if (text != NULL) {
        buf body = {0};
        buf_init(&body, BODY_MAX);
        buf_puts(&body, text);
        http_reply(x->conn, 200, "application/json", NULL, &body);
    }
    free(text);
    json_decref(document);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* The tokens of the next event, and when its last one is there. */
static int64_t next_tokens(const exchange *x)
{
    const int64_t left = x->answer.n_tokens - x->n_sent;
    return left < ENGINE_TOKENS_PER_EVENT ? left : ENGINE_TOKENS_PER_EVENT;
}

static uint64_t next_due(const exchange *x)
{
    const int64_t last = x->is_stream ? x->n_sent + next_tokens(x) : x->answer.n_tokens;
    return x->answer.due_ns[last - 1];
}

static void send_event(exchange *x)
{
    const faulty_answer *const a = &x->answer;
    const size_t begin = x->n_sent > 0 ? a->ends[x->n_sent - 1] : 0;
    x->n_sent += next_tokens(x);
    json_t *const chunk =
        document_of("chat.completion.chunk", "delta", a->text + begin, a->ends[x->n_sent - 1] - begin, NULL);
    if (x->wants_counts)
        json_object_set_new(chunk, "usage", usage_of(a, x->n_sent));
    send_document(x, chunk);
    server.report.n_events++;
}

static void send_end(const exchange *x)
{
    const faulty_answer *const a = &x->answer;
    json_t *const document = x->is_stream
                                 ? document_of("chat.completion.chunk", "delta", "", 0, "stop")
                                 : document_of("chat.completion", "message", a->text, a->ends[a->n_tokens - 1], "stop");
    add_end(x, document);
    send_document(x, document);
    if (x->is_stream) {
        http_stream_event(x->conn, NULL, "[DONE]", 6);
        http_stream_end(x->conn, /*is_broken=*/false);
    }
    server.report.n_answers++;
}

static void forget(exchange *x)
{
    exchange **at = &server.exchanges;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    faulty_answer_free(&x->answer);
    free(x);
}

/* Sends all that is due. */
static void advance(void)
{
    const uint64_t now = now_ns();
    for (exchange *x = server.exchanges, *next; x != NULL; x = next) {
        next = x->next;
        while (x->is_stream && x->n_sent < x->answer.n_tokens && next_due(x) <= now)
            send_event(x);
        const bool is_whole_due = !x->is_stream && next_due(x) <= now;
        if (is_whole_due || (x->is_stream && x->n_sent == x->answer.n_tokens)) {
            send_end(x);
            forget(x);
        }
    }
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void gone(void *owner)
{
    forget(owner);
}

static void stop(void *owner)
{
    exchange *const x = owner;
    http_drop(x->conn);
    forget(x);
}

static void pump(void *owner)
{
    (void)owner; // events are small, and wait in the connection
}

/* All contents, one after another; free it. */
static char *conversation_of(const json_t *document)
{
    buf text = {0};
    size_t i;
    json_t *message;
    buf_init(&text, BODY_MAX);
    json_array_foreach(json_object_get(document, "messages"), i, message)
    {
        const char *const content = json_string_value(json_object_get(message, "content"));
        buf_puts(&text, content != NULL ? content : "");
        buf_puts(&text, "\n");
    }
    char *const copy = strdup(text.data != NULL ? text.data : "");
    buf_free(&text);
    return copy;
}

static exchange *exchange_of(http_conn *conn, const json_t *document)
{
    static const http_responder RESPONDER = {pump, gone, stop};
    exchange *const x = calloc(1, sizeof *x);
    char *const prompt = conversation_of(document);
    const json_t *const options = json_object_get(document, "stream_options");
    const faulty_question question = {prompt, json_integer_value(json_object_get(document, "seed")),
                                      json_integer_value(json_object_get(document, "max_tokens"))};
    if (x == NULL || prompt == NULL || !faulty_engine_answer(&server.engine, &question, now_ns(), &x->answer))
        abort(); // memory is short in a test
    free(prompt);
    x->conn = conn;
    x->is_stream = json_is_true(json_object_get(document, "stream"));
    x->wants_usage = json_is_true(json_object_get(options, "include_usage"));
    x->wants_counts = json_is_true(json_object_get(options, "continuous_usage_stats"));
    x->wants_experts = json_is_true(json_object_get(document, "experts"));
    x->next = server.exchanges;
    server.exchanges = x;
    http_hand_over(conn, &RESPONDER, x);
    return x;
}

static void serve_chat(http_conn *conn, void *ud)
{
    (void)ud;
    const http_request *const request = http_request_of(conn);
    json_t *const document = json_loadb(request->body, request->n_body, 0, NULL);
    server.report.n_requests++;
    if (document == NULL) {
        http_reply_status(conn, 400);
        return;
    }
    const exchange *const x = exchange_of(conn, document);
    json_decref(document);
    if (x->is_stream)
        http_stream_begin(conn, HTTP_SSE, NULL);
}

static void reply_text(http_conn *conn, const char *text)
{
    buf body = {0};
    buf_init(&body, BODY_MAX);
    buf_puts(&body, text);
    http_reply(conn, 200, "application/json", NULL, &body);
}

static void serve_models(http_conn *conn, void *ud)
{
    (void)ud;
    reply_text(conn, "{\"object\": \"list\", \"data\": [{\"id\": \"faulty\", \"object\": \"model\"}]}");
}

static void serve_health(http_conn *conn, void *ud)
{
    (void)ud;
    reply_text(conn, "{\"status\": \"ok\"}");
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void write_problem(void *ud, const http_conn *conn, const http_problem *problem, buf *out, const char **type)
{
    (void)ud;
    (void)conn;
    *type = "application/json";
    buf_printf(out, "{\"error\": {\"message\": \"%s\"}}", problem->message);
}

static void report_step(void)
{
    server.report.next_ns = UINT64_MAX;
    for (const exchange *x = server.exchanges; x != NULL; x = x->next)
        server.report.next_ns = next_due(x) < server.report.next_ns ? next_due(x) : server.report.next_ns;
    if (write(STDOUT_FILENO, &server.report, sizeof server.report) != sizeof server.report)
        http_stop(server.http);
}

static void on_wake(void *ud)
{
    (void)ud;
    if (!atomic_exchange(&server.has_step, false))
        return;
    advance();
    report_step();
}

static void on_tick(void *ud)
{
    (void)ud;
    if (!server.is_stepped)
        advance();
}

/* Steps from standard input, whose end is the server's. */
static void *read_steps(void *ud)
{
    uint64_t step;
    while (read(STDIN_FILENO, &step, sizeof step) == sizeof step) {
        atomic_store(&server.step_ns, step);
        atomic_store(&server.has_step, true);
        http_wake(server.http);
    }
    http_stop(server.http);
    return ud;
}

static int serve(void)
{
    static const http_route ROUTES[] = {{"POST", "/v1/chat/completions", false, 0, serve_chat},
                                        {"GET", "/v1/models", false, 0, serve_models},
                                        {"GET", "/health", true, 0, serve_health}};
    const http_options options = {.address = "127.0.0.1",
                                  .header_bytes_max = 1 << 14,
                                  .body_bytes_max = BODY_MAX,
                                  .n_connections_max = CONNECTIONS_MAX,
                                  .head_timeout_s = 60,
                                  .body_timeout_s = 60,
                                  .idle_timeout_s = 3600,
                                  .slow_client_timeout_s = 60,
                                  .tick_ms = server.is_stepped ? 100 : 1,
                                  .clock = server.is_stepped ? &STEPPED : NULL,
                                  .routes = ROUTES,
                                  .n_routes = sizeof ROUTES / sizeof *ROUTES,
                                  .write_problem = write_problem,
                                  .on_wake = on_wake,
                                  .on_tick = on_tick};
    sw_err err;
    pthread_t reader;
    if (http_open(&server.http, &options, &err) != SW_OK) {
        fprintf(stderr, "faulty_server: %s\n", err.msg);
        return 1;
    }
    printf("http://127.0.0.1:%d\n", http_port(server.http));
    fflush(stdout);
    if (server.is_stepped && (pthread_create(&reader, NULL, read_steps, NULL) != 0 || pthread_detach(reader) != 0))
        return 1;
    http_run(server.http);
    http_close(server.http);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "faulty_server [--seed N] [--fault NAME] [--stepped]\n");
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    int fault = PLANTED_NONE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--stepped") == 0)
            server.is_stepped = true;
        else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--fault") == 0)
            fault = planted_fault_from_name(argv[++i]);
        else
            return usage();
    }
    if (fault < 0)
        return usage();
    faulty_engine_init(&server.engine, (planted_fault)fault, seed, now_ns());
    const int status = serve();
    faulty_engine_free(&server.engine);
    return status;
}
