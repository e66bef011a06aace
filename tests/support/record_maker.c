/* record_maker.c - fills every field that figures read. */
#include "support/record_maker.h"

#include <math.h>
#include <stdlib.h>

enum { N_EVENTS = 41, N_ANSWERS = 256 };

void record_pace(test_record *test, double gap_ms, double pace)
{
    static arrival arrivals[N_ANSWERS][N_EVENTS];
    static int n_answers;
    if (n_answers == N_ANSWERS)
        abort();
    arrival *const e = arrivals[n_answers++];
    e[0] = (arrival){.t_ns = 100000000, .n_bytes = 1, .n_tokens = 1};
    for (int i = 1; i < N_EVENTS; i++) {
        const double ms = i <= N_EVENTS / 2 ? gap_ms : gap_ms / pace;
        e[i] = (arrival){.t_ns = e[i - 1].t_ns + (int64_t)(ms * 1e6), .n_bytes = 1, .n_tokens = 1};
    }
    test->answer.arrivals = e;
    test->answer.n_arrivals = N_EVENTS;
    test->answer.completion_tokens = N_EVENTS;
    test->answer.end_ns = e[N_EVENTS - 1].t_ns;
}

test_record record_test(test_mode mode, int index, int repeat)
{
    static const char TEXT[] = "An answer that does not repeat itself.";
    test_record test = {.plan = {.name = "t",
                                 .group = "g",
                                 .prompt = "p",
                                 .max_tokens = N_EVENTS,
                                 .temperature = 0.3,
                                 .seed = 1,
                                 .expected = ""},
                        .mode = mode,
                        .variant = "",
                        .index = index,
                        .repeat = repeat,
                        .stage = -1,
                        .item = "",
                        .answer = {.status = TEST_COMPLETED,
                                   .error = "",
                                   .http_status = 200,
                                   .headers_ns = 1000000,
                                   .first_event_ns = 2000000,
                                   .finish_reason = "stop",
                                   .model = "m",
                                   .fingerprint = "",
                                   .prompt_tokens = 20,
                                   .cached_tokens = 0,
                                   .reasoning_tokens = -1,
                                   .text = TEXT,
                                   .n_text = sizeof TEXT - 1,
                                   .reasoning = "",
                                   .temperature = 0.3,
                                   .queue_ms = NAN,
                                   .prompt_ms = NAN,
                                   .decode_ms = NAN,
                                   .seed = 1}};
    record_pace(&test, 10, 1);
    return test;
}

run_record record_run(test_record *tests, size_t n)
{
    static subject_record subject = {
        .name = "m", .family = "gpt-oss", .file_name = "m.gguf", .file_hash = "h", .quantization = "MXFP4"};
    static server_record server = {
        .side = SIDE_OFFLOADED, .url = "http://127.0.0.1:1", .software = "spillway 1", .command = ""};
    return (run_record){.info = {.id = 1,
                                 .status = "running",
                                 .reasons = "",
                                 .fingerprint = "",
                                 .version = "1",
                                 .url = "http://127.0.0.1:1",
                                 .model = "m",
                                 .protocol_name = "p",
                                 .protocol_hash = "h",
                                 .protocol_json = "{}",
                                 .options_json = "{}",
                                 .command = "",
                                 .cpu = "c",
                                 .os = "o",
                                 .n_cores = 8,
                                 .n_sessions = 1,
                                 .n_planned = (int)n,
                                 .started_unix_ms = 1790000000000,
                                 .finished_unix_ms = 1790000100000},
                        .subjects = &subject,
                        .n_subjects = 1,
                        .servers = &server,
                        .n_servers = 1,
                        .tests = tests,
                        .n_tests = n};
}
