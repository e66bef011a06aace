/* record.h - what a benchmark measures, as plain data.  A run asks several models (subjects) in several modes, through
 * one or more servers.
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

#include "results/fact_names.h"
#include "results/sample_figures.h"

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

/* How a test is asked.  Each mode asks the same prompts with the same seeds. */
// clang-format off
#define TEST_MODE_TABLE(X) \
    X(STREAM,    "stream",    "streamed, experts offloaded (or as the given server has them)") \
    X(WHOLE,     "whole",     "the same without streaming: one document at the end") \
    X(REFERENCE, "reference", "streamed, by a second server that does not offload") \
    X(COLD,      "cold",      "the first token only, without a prefix that the server has evaluated before") \
    X(SWEEP,     "sweep",     "streamed, with one setting varied (test_record.variant)")
// clang-format on

#define TEST_MODE_ENUM(name, text, meaning) MODE_##name,
typedef enum test_mode { TEST_MODE_TABLE(TEST_MODE_ENUM) N_TEST_MODES } test_mode;
#undef TEST_MODE_ENUM

const char *test_mode_name(test_mode mode);
/* The mode with that name, or -1. */
int test_mode_from_name(const char *name);

/* One piece of text as it arrived. */
typedef struct arrival {
    int64_t t_ns;
    uint32_t n_bytes;
    uint32_t n_tokens; // that the server sampled for it, those without text before it included; 0: not told
    bool is_reasoning;
} arrival;

/* How often the tokens of one answer (prompt included) chose each expert. */
typedef struct expert_counts {
    int n_layers, n_experts, n_used; // MoE layers; experts per layer; of them used per token.  0: not told
    int64_t n_tokens;
    const uint64_t *counts; // (n_layers, n_experts)
} expert_counts;

/* The outcome of one request. */
typedef struct answer_record {
    test_status status;
    const char *error;    // a sentence, or ""
    int http_status;      // 0: no response
    int64_t scheduled_ns; // open loop: when the schedule wanted it, at most 0; closed loop: 0
    int64_t connect_ns;   // the time that opening the connection took, before t0
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
    const arrival *arrivals; // content events, in order; one for an answer that is a document
    size_t n_arrivals;
    const int32_t *token_ids; // of the text, reasoning included; NULL: not told
    size_t n_token_ids;
    // What the server says of its work; NAN (seed: -1) when it does not.
    double temperature;                    // that it sampled with
    double queue_ms, prompt_ms, decode_ms; // waiting, evaluating the prompt, generating
    int64_t seed;
    expert_counts experts;
} answer_record;

/* ---- quality of one answer ----------------------------------------------------------------------------
 */

typedef enum check_outcome { CHECK_PASSED, CHECK_FAILED, CHECK_NOT_RUN } check_outcome;

const char *check_outcome_name(check_outcome outcome);
/* The outcome with that name; CHECK_NOT_RUN for an unknown one. */
check_outcome check_outcome_from_name(const char *name);

/* One expectation of a test, tried on its answer. */
typedef struct check_record {
    const char *name; // "names all four parts"
    const char *kind; // "contains", "python", ...: as protocols call it
    bool is_technical;
    double weight; // of the check in the content score, 1 unless the protocol says otherwise
    check_outcome outcome;
    const char *detail; // what was found or missing, or why it was not run; or ""
} check_record;

/* One entry of a protocol. */
typedef struct test_plan {
    const char *name;
    const char *group;
    const char *prompt;
    text_form form;
    int max_tokens;
    double temperature;
    int64_t seed;
    const char *expected; // what a good answer holds, for a reader; "" if the protocol does not say
} test_plan;

typedef struct test_record {
    test_plan plan;
    int subject; // the model, a position in run_record.subjects
    int server;  // that answered, a position in run_record.servers; -1: not known (runs of schema 1)
    test_mode mode;
    const char *variant; // MODE_SWEEP: "temperature=0.7"; else ""
    bool is_warmup;      // sent, kept, and left out of every figure
    int index;           // place in the protocol, from 0; in a stress run the number of the request
    int repeat;          // from 0
    int64_t start_ms;    // since the run began
    int stage;           // position in run_record.stages; -1: none (a benchmark, a warm-up)
    int session;         // of the stage: requests of one session follow each other; from 0
    int turn;            // of the session, from 0
    const char *item;    // what is asked, for those who judge it: "arithmetic/2/seed=17"; or ""
    answer_record answer;
    const check_record *checks;
    size_t n_checks;
} test_record;

/* ---- stages of a stress run ----------------------------------------------------------------------------------------
 */

/* How far a stage came. */
// clang-format off
#define STAGE_ENDING_TABLE(X) \
    X(PLANNED, "planned") /* not begun yet */ \
    X(RUNNING, "running") /* under way, or its process was killed */ \
    X(DONE,    "done")    /* all of it, or as long as planned */ \
    X(CUT,     "cut")     /* broken off: canceled, or the time budget ended */ \
    X(SKIPPED, "skipped") /* not begun: this server or model cannot do it */ \
    X(FAILED,  "failed")  /* the server could not be reached any more */
// clang-format on

#define STAGE_ENDING_ENUM(name, text) STAGE_##name,
typedef enum stage_ending { STAGE_ENDING_TABLE(STAGE_ENDING_ENUM) N_STAGE_ENDINGS } stage_ending;
#undef STAGE_ENDING_ENUM

const char *stage_ending_name(stage_ending ending);
/* The ending with that name; STAGE_CUT for an unknown one. */
stage_ending stage_ending_from_name(const char *name);

/* Returns true if nothing of such a stage is left to do; one that failed is tried again when the run is resumed. */
bool stage_is_over(stage_ending ending);

/* One measured stretch of a stress run: a way of asking, with what it was told.  Strings are never NULL. */
typedef struct stage_record {
    int subject;            // position in run_record.subjects
    const char *suite;      // "concurrent"
    const char *name;       // "8 sessions"
    const char *work;       // the kind of workload: "sessions"
    const char *parameters; // of it, a JSON object, as in effect: scaled, and cut to what the server can do
    int n_planned;          // requests; 0: as many as fit into planned_s
    double planned_s;       // how long it was to take; 0: as long as the requests take
    int64_t start_ms;       // since the run began; -1: it has not begun
    int64_t end_ms;         // -1: it has not ended
    int64_t spent_ms;       // under way, in all sessions of the run; not the time between them
    stage_ending ending;
    const char *reason; // why it is cut, skipped or failed; or ""
} stage_record;

/* ---- what is measured, and who answers -----------------------------------------------------------------------------
 */

/* One model of a run.  Texts are "" and numbers 0 when nobody told. */
typedef struct subject_record {
    const char *name;         // as the server calls it
    const char *family;       // general.architecture: "gpt-oss", "phimoe", "deepseek", ...
    const char *file_name;    // without its folder
    const char *file_hash;    // "sampled-sha256:...": header, size and spread blocks; see docs/benchmark.md
    const char *quantization; // "MXFP4"
    uint64_t file_bytes, n_parameters, n_active_parameters;
    int n_layers, n_experts, n_experts_used, n_experts_shared, n_ctx_train;
} subject_record;

/* Which placement a server was asked for. */
typedef enum server_side { SIDE_OFFLOADED, SIDE_REFERENCE, SIDE_GIVEN } server_side;

const char *server_side_name(server_side side); // "offloaded", "reference", "given" (a server of --url)
/* The side with that name; SIDE_GIVEN for an unknown one. */
server_side server_side_from_name(const char *name);

/* One server process, or one session with a server of --url. */
typedef struct server_record {
    int subject; // position in run_record.subjects
    server_side side;
    int session; // of the run: 0, and one more each time that it was resumed
    const char *url;
    const char *software; // "spillway 0.1.0", "llama-server b9999", or ""
    const char *command;  // that started it, or ""
    int64_t started_ms;   // since the run began
} server_record;

/* Bytes of one class of tensors, or of keys and values, in one tier of memory. */
typedef struct placement_row {
    int server;               // position in run_record.servers
    const char *tier;         // "vram", "ram", "disk"
    const char *tensor_class; // "experts", "attention", "embedding", "kv", ...
    uint64_t bytes;
    const char *requested; // the tier that was asked for, or ""
    const char *source;    // "allocations", "process", "log", "computed"
} placement_row;

/* A number or a text that is known about the run, a model or a server. */
typedef struct fact_record {
    int subject, server; // positions, or -1
    fact_name name;
    double number; // NAN for a fact that is a text
    const char *text;
    const char *source; // how it is known: "measured", "/v1/placement", "log", "computed", ...
} fact_record;

/* The machine and the server at one moment. */
typedef struct resource_sample {
    int64_t t_ms;   // since the run began
    int server;     // position in run_record.servers, or -1
    int test_index; // the test under way, or -1
    sample_values values;
    /* (n_gpus): the GPUs one by one, where there are several.  Only of a sample that is to be stored: those of a run
     * are in its gpu_samples. */
    const gpu_values *gpus;
    size_t n_gpus;
} resource_sample;

enum { RUN_GPUS_MAX = 32 }; // of a machine

/* One of several GPUs at one moment. */
typedef struct gpu_sample {
    int64_t t_ms; // since the run began
    int server;   // position in run_record.servers, or -1
    int gpu;      // as the driver counts, below RUN_GPUS_MAX
    gpu_values values;
} gpu_sample;

/* ---- what people say of an answer ----------------------------------------------------------------------------------
 */

// clang-format off
#define REVIEW_SCORES(X) \
    X(CONTENT,        "content")        /* says what the prompt asked for, whole and in order */ \
    X(ACCURACY,       "accuracy")       /* what it says is right */ \
    X(RESPONSIVENESS, "responsiveness") /* came soon enough, and fast enough to read along */
#define REVIEW_FLAGS(X) \
    X(REPETITION, "repetition") /* says the same again and again */ \
    X(WRONG,      "wrong")      /* has a plain error */ \
    X(CUT,        "cut")        /* ends in the middle */ \
    X(ODD,        "odd")        /* anything else that a reader notices */
// clang-format on

#define REVIEW_SCORE_ENUM(name, text) SCORE_##name,
#define REVIEW_FLAG_ENUM(name, text)  FLAG_##name,
typedef enum review_score { REVIEW_SCORES(REVIEW_SCORE_ENUM) N_REVIEW_SCORES } review_score;
typedef enum review_flag { REVIEW_FLAGS(REVIEW_FLAG_ENUM) N_REVIEW_FLAGS } review_flag;
#undef REVIEW_SCORE_ENUM
#undef REVIEW_FLAG_ENUM

enum { REVIEW_SCORE_MIN = 1, REVIEW_SCORE_MAX = 5 };

const char *review_score_name(review_score score);
const char *review_flag_name(review_flag flag);
/* The flag with that name, or -1. */
int review_flag_from_name(const char *name);

/* One person's opinion of one answer. */
typedef struct review_record {
    int test;                    // position in run_record.tests; never a warm-up
    const char *reviewer;        // a name, or ""
    int scores[N_REVIEW_SCORES]; // REVIEW_SCORE_MIN to REVIEW_SCORE_MAX, 0: not given
    bool flags[N_REVIEW_FLAGS];
    const char *note; // or ""
    int64_t unix_ms;  // when it was given
} review_record;

/* Everything that identifies a run.  Strings are never NULL. */
typedef struct run_info {
    int64_t id;
    int64_t started_unix_ms;
    int64_t finished_unix_ms; // 0: not finished
    const char *status;       // "running", or a run_status_name
    const char *reasons;      // why it is not "ok", one sentence a line; or ""
    const char *fingerprint;  // "sha256:..." of all that identifies what was measured; runs of one are comparable
    const char *version;      // of spillway
    const char *url;          // of the first server
    const char *model;        // of the first subject
    const char *protocol_name;
    const char *protocol_hash;
    const char *protocol_json; // the whole protocol, so that a resumed run asks the same
    const char *options_json;  // how to reach the server and pace the tests
    const char *command;       // command line that repeats the run
    const char *cpu;
    const char *os;
    int n_cores;
    uint64_t memory_bytes; // of the machine; 0: not known
    int n_sessions;        // 1, and one more each time that it was resumed
    int n_planned;         // tests x repeats x modes x models
} run_info;

/* A run as it was stored.  It owns everything in it; read-only. */
typedef struct run_record {
    run_info info;
    subject_record *subjects; // models, in the order of the protocol
    size_t n_subjects;
    server_record *servers; // in the order in which they began
    size_t n_servers;
    placement_row *placement;
    size_t n_placement;
    fact_record *facts;
    size_t n_facts;
    stage_record *stages; // of a stress run, in the order in which they are run
    size_t n_stages;
    test_record *tests; // warm-ups too, in the order in which they ran
    size_t n_tests;
    review_record *reviews; // by test, then by the reviewer's name
    size_t n_reviews;
    resource_sample *samples; // in order of time
    size_t n_samples;
    gpu_sample *gpu_samples; // the same; none where there is one GPU or none
    size_t n_gpu_samples;
    struct arena *keep; // every string, list and count above
} run_record;

/* The latest fact of that name about exactly this subject and server (-1: none); NULL if there is none. */
const fact_record *run_fact(const run_record *run, int subject, int server, fact_name name);
/* Its number; NAN if there is none. */
double run_number(const run_record *run, int subject, int server, fact_name name);
/* Returns true if a server of the run computed on an emulated GPU: its figures of speed are kept, and never ranked. */
bool run_is_emulated(const run_record *run);
/* What that person says of the test at this position; NULL: nothing. */
const review_record *run_review(const run_record *run, int test, const char *reviewer);

#endif
