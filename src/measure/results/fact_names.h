/* fact_names.h - the facts that a run can have about itself, a model or a server, as one table.
 *
 * A fact is a name, a number or a text, and how it is known.  What has a list of its own (placement, samples, experts,
 * checks) is not here.
 */
#ifndef RESULTS_FACT_NAMES_H
#define RESULTS_FACT_NAMES_H

/* X(NAME, "name", "unit", "meaning"); unit "text" for facts that are texts. */
// clang-format off
#define FACT_NAMES(X) \
    /* of a server */ \
    X(LOAD_COLD_MS,        "load_cold_ms",        "ms",   "start to first healthy answer, model file not in the page cache") \
    X(LOAD_WARM_MS,        "load_warm_ms",        "ms",   "start to first healthy answer, model file in the page cache") \
    X(COLD_CACHED_BYTES,   "cold_cached_bytes",   "B",    "of the model file in the page cache before the cold start") \
    X(FIRST_TOKEN_LOAD_MS, "first_token_load_ms", "ms",   "start of the server to its first token") \
    X(EXPERTS_VERIFIED,    "experts_verified",    "text", "where the experts are: \"in RAM\", \"in VRAM\", \"mixed\", \"not known\"") \
    X(EXPERTS_EVIDENCE,    "experts_evidence",    "text", "what shows where the experts are") \
    X(PLACEMENT_EFFECT,    "placement_effect",    "text", "\"full\", \"none\" or \"default\"") \
    X(PLACEMENT_REASON,    "placement_reason",    "text", "why a placement option has no effect") \
    X(MASKED_EXPERTS,      "masked_experts",      "text", "layers with the experts that no token uses (--mask-experts)") \
    X(PROCESS_ID,          "process_id",          "",     "of the process whose memory is measured") \
    X(WATCH_NOTE,          "watch_note",          "text", "why memory is not measured") \
    X(N_THREADS,           "n_threads",           "",     "that compute") \
    X(ISA,                 "isa",                 "text", "instruction set of the kernels") \
    X(BACKEND,             "backend",             "text", "what computes: \"cpu\", \"cuda\"") \
    X(DEVICE,              "device",              "text", "GPUs that the server has open: \"cuda:0\", \"cuda:0,cuda:1\"") \
    X(DEVICE_BYTES,        "device_bytes",        "text", "each of several GPUs: what the server allocated, of what it may fill") \
    X(DEVICE_EMULATED,     "device_emulated",     "text", "\"yes\": that GPU is emulated, and no figure of speed means anything; \"no\"") \
    X(N_CTX,               "n_ctx",               "tok",  "context of one sequence") \
    X(KV_TYPE,             "kv_type",             "text", "type of keys and values") \
    X(KV_BYTES_PER_TOKEN,  "kv_bytes_per_token",  "B",    "keys and values of one position, all layers") \
    X(N_SLOTS,             "n_slots",             "",     "sequences at a time") \
    X(SAMPLER,             "sampler",             "text", "defaults of the server's sampler") \
    X(PLAN_RAM_BYTES,      "plan_ram_bytes",      "B",    "predicted by `spillway plan`") \
    X(PLAN_VRAM_BYTES,     "plan_vram_bytes",     "B",    "predicted by `spillway plan`") \
    X(TEMPERATURE_SOURCE,  "temperature_source",  "text", "how the temperature in effect is known: \"answer\", \"draws\", \"not verified\"") \
    X(TEMPERATURE_FOUND,   "temperature_found",   "",     "estimated from repeated one-token draws") \
    X(FORCED_POSITIONS,    "forced_positions",    "",     "tokens of fixed texts of which the server told what it expected there") \
    X(FORCED_HASH,         "forced_hash",         "text", "of the log-probabilities that it told, to six decimals") \
    X(FORCED_TOPS,         "forced_tops",         "text", "of each of these positions a hash of the likeliest token, 8 letters") \
    /* of a model, from its file */ \
    X(EXPERT_BYTES,        "expert_bytes",        "B",    "all routed experts") \
    X(PLACEABLE_BYTES,     "placeable_bytes",     "B",    "everything that a GPU can hold: all weights and KV") \
    X(TOKEN_TABLE_BYTES,   "token_table_bytes",   "B",    "token embedding, which stays in RAM anyway") \
    X(TOKEN_BYTES,         "token_bytes",         "B",    "weights read for one generated token") \
    X(TOKEN_EXPERT_BYTES,  "token_expert_bytes",  "B",    "of them, of routed experts") \
    X(CLAIMED_SAVING,      "claimed_saving_pct",  "%",    "VRAM saving that was published for this model") \
    /* of the run: the machine, before and after */ \
    X(READ_BANDWIDTH,      "read_bandwidth",      "B/s",  "measured memory read bandwidth, all threads, idle server") \
    X(FOREIGN_LOAD,        "foreign_load_pct",    "%",    "of all cores, used by other processes during the run") \
    X(GPU_NAME,            "gpu_name",            "text", "or why there is none") \
    X(GPU_DRIVER,          "gpu_driver",          "text", "version") \
    X(GPU_DEVICES,         "gpu_devices",         "text", "each GPU: name, memory, PCIe link") \
    X(GPU_TOTAL_BYTES,     "gpu_total_bytes",     "B",    "memory of all GPUs together") \
    X(FREE_STORAGE_BYTES,  "free_storage_bytes",  "B",    "of the file system with the results") \
    X(AVAILABLE_AT_START,  "available_at_start",  "B",    "memory that could be allocated when the run began") \
    X(CLOCK_STEP_MS,       "clock_step_ms",       "ms",   "largest step of the wall clock during the run") \
    X(SUSPENDED_MS,        "suspended_ms",        "ms",   "time that the machine was suspended during the run") \
    X(REFERENCE_SKIPPED,   "reference_skipped",   "text", "why the un-offloaded side was not measured") \
    X(PROTOCOL_DIFFERENCE, "protocol_difference", "text", "a setting that differs from the protocol's; one fact for each") \
    X(OBJECTIVE_TTFT_MS,   "objective_ttft_ms",   "ms",   "of goodput: first token") \
    X(OBJECTIVE_TPOT_MS,   "objective_tpot_ms",   "ms",   "of goodput: time per token") \
    X(OBJECTIVE_ITL_P99_MS,"objective_itl_p99_ms","ms",   "of goodput: 99th percentile of the gaps") \
    X(OBJECTIVE_E2E_MS,    "objective_e2e_ms",    "ms",   "of goodput: whole answer") \
    X(NOT_RUN,             "not_run",             "",     "tests of a model that were planned and not run; 0 once a resumed run has them")
// clang-format on

#define FACT_NAME_ENUM(name, text, unit, meaning) FACT_##name,
typedef enum fact_name { FACT_NAMES(FACT_NAME_ENUM) N_FACT_NAMES } fact_name;
#undef FACT_NAME_ENUM

typedef struct fact_id {
    const char *name, *unit, *meaning;
} fact_id;

extern const fact_id FACT_IDS[N_FACT_NAMES];

/* The fact with that name, or -1. */
int fact_from_name(const char *name);

#endif
