/* record.h - what a benchmark measures, as plain data.
 *
 * The suite fills these structs, the store keeps them, and reports read them back; nothing here computes.  Times of a
 * request are nanoseconds since t0, the moment before its first byte was written on an open connection; -1 means that
 * it never happened.  Records are views: their pointers belong to the maker of the record (a transfer, or a loaded run,
 * until it is freed).
 */
#ifndef RESULTS_RECORD_H
#define RESULTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kind of text that a test asks for: code and lists repeat themselves by nature. */
typedef enum text_form { FORM_PROSE, FORM_CODE, FORM_LIST } text_form;

const char *text_form_name(text_form form);
/* The form with that name, or -1. */
int text_form_from_name(const char *name);

/* How a request ended.  Only the first is a success. */
// clang-format off
#define TEST_STATUS_TABLE(X) \
    X(COMPLETED,      "completed")      /* stop, length or tool_calls, with at least one token */ \
    X(SILENT_EMPTY,   "silent_empty")   /* ended normally without a single token */ \
    X(INCOMPLETE,     "incomplete")     /* the stream broke off */ \
    X(BAD_STREAM,     "bad_stream")     /* the bytes are not a valid event stream */ \
    X(SERVER_ERROR,   "server_error")   /* an error event inside the stream */ \
    X(HTTP_ERROR,     "http_error")     /* refused with an HTTP status */ \
    X(CONNECT_FAILED, "connect_failed") \
    X(TIMEOUT,        "timeout") \
    X(CANCELED,       "canceled")
// clang-format on

#define TEST_STATUS_ENUM(name, text) TEST_##name,
typedef enum test_status { TEST_STATUS_TABLE(TEST_STATUS_ENUM) N_TEST_STATUS } test_status;
#undef TEST_STATUS_ENUM

const char *test_status_name(test_status status);
/* The status with that name; TEST_INCOMPLETE for a name that this build does not know. */
test_status test_status_from_name(const char *name);

/* One piece of text as it arrived. */
typedef struct arrival {
    int64_t t_ns;
    uint32_t n_bytes;
    bool is_reasoning;
} arrival;

/* The outcome of one request. */
typedef struct answer_record {
    test_status status;
    const char *error;  // a sentence, or ""
    int http_status;    // 0: no response
    int64_t connect_ns; // the time that opening the connection took, before t0
    int64_t headers_ns;
    int64_t first_event_ns;    // of any kind
    int64_t end_ns;            // [DONE], or the end of the body
    const char *finish_reason; // "" when the server gave none
    const char *model;         // as the server names itself in its chunks, or ""
    const char *fingerprint;   // system_fingerprint, or ""
    int64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens; // the server's usage; -1: not sent
    const char *text;                                                          // valid UTF-8, NUL-terminated
    size_t n_text;
    const char *reasoning;
    size_t n_reasoning;
    const arrival *arrivals; // content events, in order
    size_t n_arrivals;
} answer_record;

/* One entry of a protocol. */
typedef struct test_plan {
    const char *name;
    const char *group;
    const char *prompt;
    text_form form;
    int max_tokens;
    double temperature;
    int64_t seed;
} test_plan;

typedef struct test_record {
    test_plan plan;
    bool is_warmup;   // sent, kept, and left out of every figure
    int index;        // place in the protocol, from 0
    int repeat;       // from 0
    int64_t start_ms; // since the run began
    answer_record answer;
} test_record;

/* The server's memory at one moment. */
typedef struct memory_sample {
    int64_t t_ms;           // since the run began
    uint64_t private_bytes; // RssAnon + VmSwap: the process's own memory, without mapped files
    uint64_t rss_bytes;
    uint64_t peak_rss_bytes; // highest rss of the process so far
    int test_index;          // the test under way, or -1
} memory_sample;

/* Everything that identifies a run.  Strings are never NULL. */
typedef struct run_info {
    int64_t id;
    int64_t started_unix_ms;
    int64_t finished_unix_ms; // 0: not finished
    const char *status;       // "running", "ok", "failed_threshold", "invalid" or "aborted"
    const char *version;      // of spillway
    const char *url;
    const char *model;
    const char *protocol_name;
    const char *protocol_hash;
    const char *protocol_json; // the whole protocol, so that a resumed run asks the same
    const char *options_json;  // how to reach the server and pace the tests
    const char *command;       // command line that repeats the run
    const char *cpu;
    const char *os;
    int n_cores;
    uint64_t memory_bytes; // of the machine; 0: not known
    double load_ms;        // start of the server to its first healthy answer; NAN: it was running already
    int n_planned;         // tests x repeats
} run_info;

/* A run as it was stored.  It owns everything in it; read-only. */
typedef struct run_record {
    run_info info;
    test_record *tests; // warm-ups too, in the order in which they ran
    size_t n_tests;
    memory_sample *samples; // in order of time
    size_t n_samples;
    struct arena *keep; // every string and arrival above
} run_record;

#endif
