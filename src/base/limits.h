/* limits.h - one table of every bound in the program.
 *
 * Each row is also a constant LIMIT_<NAME>.  `spillway limits` prints the table; docs/limits.md explains what happens
 * at each bound.  Every row needs a test at N and at N + 1.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

// clang-format off
#define LIMIT_TABLE(X) \
    X(GGUF_KEYS,             65536,       "keys",       "real files have under 100; bounds the header's index") \
    X(GGUF_TENSORS,          1048576,     "tensors",    "real files have under 20,000; bounds the header's index") \
    X(GGUF_HEADER_BYTES,     268435456,   "bytes",      "real headers have 2 to 15 MiB, nearly all vocabulary") \
    X(GGUF_ALIGNMENT,        1048576,     "bytes",      "real files use 32") \
    X(GGUF_SPLIT_FILES,      1000,        "files",      "of one split model; real ones have under 200") \
    X(MODEL_LAYERS,          512,         "layers",     "the largest known model has 126") \
    X(HEAD,                  1024,        "elements",   "one head's key or value, as cached; known models have at most 576") \
    X(MODEL_EXPERTS,         1024,        "experts",    "the largest known model has 512 per layer") \
    X(MODEL_EXPERT_GROUPS,   64,          "groups",     "known models have at most 8") \
    X(MODEL_EXPERTS_USED,    64,          "experts",    "known models use at most 22") \
    X(MODEL_EXPERTS_SHARED,  64,          "experts",    "always used, per layer; known models have at most 2") \
    X(EXPERT_PAIR_BYTES,     67108864,    "bytes",      "counts of pairs of experts; models with more have none") \
    X(EXPERT_TRACE_ROWS,     1048576,     "rows",       "of the trace of chosen experts, a row per token and layer") \
    X(EXPERT_REQUESTS,       64,          "requests",   "the last ones whose use of experts is kept, where they asked for it") \
    X(EXPERT_STREAMS,        16,          "streams",    "of counts of experts, open at once; more are refused with 429") \
    X(MODEL_DIM,             262144,      "elements",   "width of any one matrix dimension but the vocabulary") \
    X(MODEL_HEADS,           1024,        "heads",      "known models have at most 128") \
    X(VOCAB_TOKENS,          4194304,     "tokens",     "the largest known vocabulary has 262,144") \
    X(CTX_TOKENS,            1048576,     "tokens",     "context of one sequence") \
    X(SEQUENCES,             256,         "sequences",  "decoded together in one step") \
    X(BATCH_TOKENS,          4096,        "tokens",     "prompt tokens evaluated at once") \
    X(QUEUE_JOBS,            256,         "jobs",       "waiting for a slot; more are refused with 429") \
    X(CLIENT_JOBS,           192,         "jobs",       "of one client (address and key), running or waiting; more are refused with 429") \
    X(WS_REQUESTS,           64,          "requests",   "under way on one WebSocket; more are refused") \
    X(CHOICES,               8,           "answers",    "to one prompt in one request (n)") \
    X(REQUEST_ANSWERS,       2048,        "answers",    "to all prompts of one request; OpenAI embeds as many texts at once") \
    X(QUEUE_BYTES,           67108864,    "bytes",      "of the bodies of waiting jobs; more are refused with 429") \
    X(LOADED_MODELS,         64,          "models",     "of one server, at once") \
    X(OVERRIDE_RULES,        64,          "rules",      "of --override-tensor") \
    X(DEVICES,               8,           "devices",    "GPUs of one engine; machines have at most 8, nearly all one") \
    X(THREADS,               256,         "threads",    "of the compute pool") \
    X(MESSAGES,              4096,        "messages",   "of one conversation") \
    X(TOOL_CALLS,            4096,        "calls",      "of tools, in the history of one conversation") \
    X(TOOL_NAME_BYTES,       256,         "bytes",      "of a tool's name; OpenAI allows 64") \
    X(PROMPT_BYTES,          67108864,    "bytes",      "text of one request, rendered") \
    X(STOP_STRINGS,          16,          "strings",    "of one request") \
    X(STOP_STRING_BYTES,     1024,        "bytes",      "of one stop string") \
    X(LOGIT_BIASES,          1024,        "tokens",     "of one request") \
    X(METADATA_BYTES,        65536,       "bytes",      "of metadata that a response repeats; OpenAI allows 9,216 characters") \
    X(HTTP_BODY_BYTES,       16777216,    "bytes",      "of one HTTP request; more is refused with 413") \
    X(HTTP_CONNECTIONS,      1024,        "connections","open at once; the one idle for longest makes room") \
    X(HTTP_HEADER_BYTES,     16384,       "bytes",      "of a request line and its header lines; more is refused with 431") \
    X(HTTP_HEADER_LINES,     128,         "lines",      "of one HTTP request; more are refused with 431") \
    X(HTTP_CHUNK_BYTES,      8192,        "bytes",      "of all chunk extensions and trailers of one HTTP body") \
    X(HTTP_EARLY_BYTES,      16384,       "bytes",      "of later requests kept while an answer is sent, beyond one head") \
    X(HTTP_SEND_QUEUE_BYTES, 262144,      "bytes",      "of one stream, not yet read by its client; then its decoding pauses") \
    X(WS_MESSAGE_BYTES,      1048576,     "bytes",      "of one message of a WebSocket, its fragments together; more is closed with 1009") \
    X(JSON_DEPTH,            64,          "levels",     "nesting of a JSON document from outside") \
    X(SSE_LINE_BYTES,        1048576,     "bytes",      "one line of a server's event stream read by the benchmark") \
    X(ANSWER_BYTES,          16777216,    "bytes",      "text of one answer kept by the benchmark") \
    X(CHECKS,                256,         "checks",     "of one test of a benchmark protocol") \
    X(CHECK_ANSWER_BYTES,    262144,      "bytes",      "of an answer that checks look at; a minute's answer has a tenth") \
    X(PROTOCOL_BYTES,        16777216,    "bytes",      "a benchmark protocol file") \
    X(SHARE_BYTES,           16777216,    "bytes",      "a file of `bench --share`; real ones have under 200,000") \
    X(REVIEW_FILE_BYTES,     16777216,    "bytes",      "people's scores as a file; those of 1,000 answers have 300,000") \
    X(REVIEW_NOTE_BYTES,     4096,        "bytes",      "of a person's note on an answer") \
    X(REVIEWER_BYTES,        128,         "bytes",      "of the name of a person who scores answers") \
    X(OVERVIEW_RUNS,         100,         "runs",       "side by side in one report") \
    X(RECORDING_SAMPLES,     262144,      "samples",    "of a recording that is read; 7 hours of ten a second, 3 days of one") \
    X(MODEL_FOLDER_NAMES,    16384,       "names",      "of one model folder and those below it; real ones have hundreds") \
    X(MANIFEST_BYTES,        65536,       "bytes",      "a manifest of Ollama; real ones have under 2,000") \
    X(CONFIG_BYTES,          65536,       "bytes",      "a configuration file") \
    X(PROTOCOL_TESTS,        1000,        "tests",      "in a benchmark protocol")
// clang-format on

#define LIMIT_CONSTANT(name, value, unit, why) LIMIT_##name = (value),
enum { LIMIT_TABLE(LIMIT_CONSTANT) };
#undef LIMIT_CONSTANT

#endif
