/* store_fixture.c - see store_fixture.h. */
#include "support/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/alloc.h"
#include "base/file.h"
#include "support/temp_dir.h"

char store_path[512];

int store_setup(void **state)
{
    (void)state;
    static int n;
    char name[32];
    snprintf(name, sizeof name, "results-%d.sqlite", n++);
    snprintf(store_path, sizeof store_path, "%s", temp_file(name).s);
    return 0;
}

result_store *open_store(bool read_only)
{
    result_store *store;
    sw_err err = {0};
    if (store_open(&store, store_path, read_only, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return store;
}

void store_sql(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

void copy_store(const char *name)
{
    char from[512];
    char *data;
    size_t n;
    snprintf(from, sizeof from, "%s/stores/%s", SPILLWAY_TEST_DATA, name);
    assert_int_equal(file_slurp(from, 1 << 24, &data, &n, NULL), SW_OK);
    temp_write(store_path, data, n);
    mem_free(data);
}

/* ---- an example of everything ----------------------------------------------------------------------------------- */

const run_info EXAMPLE_RUN = {.started_unix_ms = 1790000000123,
                              .status = "running",
                              .reasons = "",
                              .fingerprint = "",
                              .version = "1",
                              .url = "http://x",
                              .model = "m/1",
                              .protocol_name = "p",
                              .protocol_hash = "h",
                              .protocol_json = "{}",
                              .options_json = "[]",
                              .command = "spillway bench",
                              .cpu = "cpu",
                              .os = "os",
                              .n_cores = 3,
                              .memory_bytes = 1ull << 40,
                              .n_sessions = 1,
                              .n_planned = 2};

int64_t add_run(result_store *store)
{
    int64_t id;
    assert_int_equal(store_add_run(store, &EXAMPLE_RUN, &id, NULL), SW_OK);
    return id;
}

static const subject_record SUBJECTS[] = {
    {"m/1", "gpt-oss", "m.gguf", "sampled-sha256:1", "MXFP4", 1ull << 34, 20, 3, 24, 32, 4, 1, 131072},
    {"m/2", "phimoe", "", "", "", 0, 0, 0, 0, 0, 0, 0, 0},
};

static const server_record SERVERS[] = {
    {0, SIDE_OFFLOADED, 0, "http://a", "spillway 0.1.0", "spillway serve m.gguf --cpu-moe", 3},
    {1, SIDE_REFERENCE, 1, "http://b", "", "", 400000},
    {1, SIDE_GIVEN, 1, "http://c", "llama-server b1", "", 400001},
};

static const placement_row PLACEMENT[] = {
    {0, "ram", "experts", 12ull << 30, "ram", "allocations"},
    {2, "vram", "kv", 1, "", "log"},
};

static const fact_record FACTS[] = {
    {0, 0, FACT_LOAD_COLD_MS, 46.5, "", "measured"},
    {-1, -1, FACT_GPU_NAME, NAN, "no GPU \u65e5", "measured"},
    {1, -1, FACT_CLAIMED_SAVING, 97, "", "published"},
};

static const stage_record STAGES[] = {
    {0, "concurrent", "8 sessions", "sessions", "{\"sessions\":8}", 16, 0, 500, 90000, 80000, STAGE_DONE, ""},
    {1, "context", "131072", "ladder", "{}", 0, 28800.5, 90001, -1, 0, STAGE_SKIPPED, "the context has 4096 tokens"},
};

void add_parts(result_store *store, int64_t run_id)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_put_subject(store, run_id, i, &SUBJECTS[i], NULL), SW_OK);
    for (int i = 0; i < 3; i++) {
        int position;
        assert_int_equal(store_add_server(store, run_id, &SERVERS[i], &position, NULL), SW_OK);
        assert_int_equal(position, i);
    }
    assert_int_equal(store_add_placement(store, run_id, PLACEMENT, 2, NULL), SW_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_put_stage(store, run_id, i, &STAGES[i], NULL, 0, NULL), SW_OK);
    assert_int_equal(store_add_facts(store, run_id, FACTS, 3, NULL), SW_OK);
}

static const arrival ARRIVALS[] = {{100, 3, 1, true}, {200, 4, 0, false}, {4000000000000, 5, 4000000000u, false}};
static const int32_t TOKEN_IDS[] = {0, 200019, 1};
static const uint64_t COUNTS[] = {4, 0, 4, 8, 1, 4294967295u};
static const check_record CHECKS[] = {
    {"names all four parts", "contains", true, 1, CHECK_PASSED, ""},
    {"factorial", "python", false, 2.5, CHECK_NOT_RUN, "no python"},
};

test_record example_test(void)
{
    return (test_record){.plan = {.name = "n",
                                  .group = "g",
                                  .prompt = "p'\"\n",
                                  .form = FORM_CODE,
                                  .max_tokens = 9,
                                  .temperature = 0.3,
                                  .seed = -42,
                                  .expected = "all parts"},
                         .server = -1,
                         .mode = MODE_SWEEP,
                         .variant = "temperature=0.3",
                         .index = 1,
                         .repeat = 2,
                         .start_ms = 77,
                         .stage = -1,
                         .item = "",
                         .answer = {.status = TEST_COMPLETED,
                                    .error = "",
                                    .http_status = 200,
                                    .scheduled_ns = -5,
                                    .connect_ns = 1,
                                    .headers_ns = 2,
                                    .first_event_ns = 3,
                                    .end_ns = 4,
                                    .finish_reason = "stop",
                                    .model = "m",
                                    .fingerprint = "f",
                                    .prompt_tokens = 5,
                                    .cached_tokens = -1,
                                    .completion_tokens = 7,
                                    .reasoning_tokens = 8,
                                    .text = "answer\0\u65e5",
                                    .n_text = 10,
                                    .reasoning = "why",
                                    .n_reasoning = 3,
                                    .arrivals = ARRIVALS,
                                    .n_arrivals = 3,
                                    .token_ids = TOKEN_IDS,
                                    .n_token_ids = 3,
                                    .temperature = 0.25,
                                    .queue_ms = 0.5,
                                    .prompt_ms = NAN,
                                    .decode_ms = 1e6,
                                    .seed = 43,
                                    .experts = {2, 3, 2, 8, COUNTS}},
                         .checks = CHECKS,
                         .n_checks = 2};
}

run_record *load_run(result_store *store, int64_t id)
{
    run_record *run;
    sw_err err = {0};
    if (store_load_run(store, id, &run, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return run;
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

/* NAN is what NAN is. */
static void assert_same_number(double a, double b)
{
    assert_true((isnan(a) && isnan(b)) || a == b);
}

#define SAME_TEXT(field)    assert_string_equal(a->field, b->field)
#define SAME_NUMBER(field)  assert_same_number((double)a->field, (double)b->field)
#define SAME_INTEGER(field) assert_true(a->field == b->field)

static void assert_same_experts(const expert_counts *a, const expert_counts *b)
{
    SAME_INTEGER(n_layers), SAME_INTEGER(n_experts), SAME_INTEGER(n_used), SAME_INTEGER(n_tokens);
    assert_true((a->counts == NULL) == (b->counts == NULL));
    for (int i = 0; a->counts != NULL && i < a->n_layers * a->n_experts; i++)
        SAME_INTEGER(counts[i]);
}

static void assert_same_answer(const answer_record *a, const answer_record *b)
{
    SAME_INTEGER(status), SAME_TEXT(error), SAME_INTEGER(http_status), SAME_INTEGER(scheduled_ns);
    SAME_INTEGER(connect_ns), SAME_INTEGER(headers_ns), SAME_INTEGER(first_event_ns), SAME_INTEGER(end_ns);
    SAME_TEXT(finish_reason), SAME_TEXT(model), SAME_TEXT(fingerprint);
    SAME_INTEGER(prompt_tokens), SAME_INTEGER(cached_tokens), SAME_INTEGER(completion_tokens);
    SAME_INTEGER(reasoning_tokens), SAME_INTEGER(seed);
    SAME_NUMBER(temperature), SAME_NUMBER(queue_ms), SAME_NUMBER(prompt_ms), SAME_NUMBER(decode_ms);
    SAME_INTEGER(n_text), SAME_INTEGER(n_reasoning);
    assert_memory_equal(a->text, b->text, a->n_text);
    assert_memory_equal(a->reasoning, b->reasoning, a->n_reasoning);
    SAME_INTEGER(n_arrivals), SAME_INTEGER(n_token_ids);
    for (size_t i = 0; i < a->n_arrivals; i++) {
        SAME_INTEGER(arrivals[i].t_ns), SAME_INTEGER(arrivals[i].n_bytes), SAME_INTEGER(arrivals[i].n_tokens);
        SAME_INTEGER(arrivals[i].is_reasoning);
    }
    assert_true((a->token_ids == NULL) == (b->token_ids == NULL));
    for (size_t i = 0; i < a->n_token_ids; i++)
        SAME_INTEGER(token_ids[i]);
    assert_same_experts(&a->experts, &b->experts);
}

void assert_same_test(const test_record *a, const test_record *b)
{
    SAME_TEXT(plan.name), SAME_TEXT(plan.group), SAME_TEXT(plan.prompt), SAME_INTEGER(plan.form);
    SAME_INTEGER(plan.max_tokens), SAME_NUMBER(plan.temperature), SAME_INTEGER(plan.seed), SAME_TEXT(plan.expected);
    SAME_INTEGER(subject), SAME_INTEGER(server), SAME_INTEGER(mode), SAME_TEXT(variant), SAME_INTEGER(is_warmup);
    SAME_INTEGER(index), SAME_INTEGER(repeat), SAME_INTEGER(start_ms);
    SAME_INTEGER(stage), SAME_INTEGER(session), SAME_INTEGER(turn), SAME_TEXT(item);
    assert_same_answer(&a->answer, &b->answer);
    SAME_INTEGER(n_checks);
    for (size_t i = 0; i < a->n_checks; i++) {
        SAME_TEXT(checks[i].name), SAME_TEXT(checks[i].kind), SAME_INTEGER(checks[i].is_technical);
        SAME_NUMBER(checks[i].weight), SAME_INTEGER(checks[i].outcome), SAME_TEXT(checks[i].detail);
    }
}

static void assert_same_info(const run_info *a, const run_info *b)
{
    SAME_INTEGER(started_unix_ms), SAME_INTEGER(finished_unix_ms), SAME_TEXT(status), SAME_TEXT(reasons);
    SAME_TEXT(fingerprint), SAME_TEXT(version), SAME_TEXT(url), SAME_TEXT(model), SAME_TEXT(protocol_name);
    SAME_TEXT(protocol_hash), SAME_TEXT(protocol_json), SAME_TEXT(options_json), SAME_TEXT(command), SAME_TEXT(cpu);
    SAME_TEXT(os), SAME_INTEGER(n_cores), SAME_INTEGER(memory_bytes), SAME_INTEGER(n_sessions);
    SAME_INTEGER(n_planned);
}

static void assert_same_models_and_servers(const run_record *a, const run_record *b)
{
    SAME_INTEGER(n_subjects), SAME_INTEGER(n_servers);
    for (size_t i = 0; i < a->n_subjects; i++) {
        SAME_TEXT(subjects[i].name), SAME_TEXT(subjects[i].family), SAME_TEXT(subjects[i].file_name);
        SAME_TEXT(subjects[i].file_hash), SAME_TEXT(subjects[i].quantization), SAME_INTEGER(subjects[i].file_bytes);
        SAME_INTEGER(subjects[i].n_parameters), SAME_INTEGER(subjects[i].n_active_parameters);
        SAME_INTEGER(subjects[i].n_layers), SAME_INTEGER(subjects[i].n_experts);
        SAME_INTEGER(subjects[i].n_experts_used), SAME_INTEGER(subjects[i].n_experts_shared);
        SAME_INTEGER(subjects[i].n_ctx_train);
    }
    for (size_t i = 0; i < a->n_servers; i++) {
        SAME_INTEGER(servers[i].subject), SAME_INTEGER(servers[i].side), SAME_INTEGER(servers[i].session);
        SAME_TEXT(servers[i].url), SAME_TEXT(servers[i].software), SAME_TEXT(servers[i].command);
        SAME_INTEGER(servers[i].started_ms);
    }
}

static void assert_same_facts(const run_record *a, const run_record *b)
{
    SAME_INTEGER(n_placement), SAME_INTEGER(n_facts);
    for (size_t i = 0; i < a->n_placement; i++) {
        SAME_INTEGER(placement[i].server), SAME_TEXT(placement[i].tier), SAME_TEXT(placement[i].tensor_class);
        SAME_INTEGER(placement[i].bytes), SAME_TEXT(placement[i].requested), SAME_TEXT(placement[i].source);
    }
    for (size_t i = 0; i < a->n_facts; i++) {
        SAME_INTEGER(facts[i].subject), SAME_INTEGER(facts[i].server), SAME_INTEGER(facts[i].name);
        SAME_NUMBER(facts[i].number), SAME_TEXT(facts[i].text), SAME_TEXT(facts[i].source);
    }
}

static void assert_same_stages(const run_record *a, const run_record *b)
{
    SAME_INTEGER(n_stages);
    for (size_t i = 0; i < a->n_stages; i++) {
        SAME_INTEGER(stages[i].subject), SAME_TEXT(stages[i].suite), SAME_TEXT(stages[i].name);
        SAME_TEXT(stages[i].work), SAME_TEXT(stages[i].parameters), SAME_INTEGER(stages[i].n_planned);
        SAME_NUMBER(stages[i].planned_s), SAME_INTEGER(stages[i].start_ms), SAME_INTEGER(stages[i].end_ms);
        SAME_INTEGER(stages[i].spent_ms), SAME_INTEGER(stages[i].ending), SAME_TEXT(stages[i].reason);
    }
}

static void assert_same_reviews(const run_record *a, const run_record *b)
{
    SAME_INTEGER(n_reviews);
    for (size_t i = 0; i < a->n_reviews; i++) {
        SAME_INTEGER(reviews[i].test), SAME_TEXT(reviews[i].reviewer), SAME_TEXT(reviews[i].note);
        SAME_INTEGER(reviews[i].unix_ms);
        for (int k = 0; k < N_REVIEW_SCORES; k++)
            SAME_INTEGER(reviews[i].scores[k]);
        for (int k = 0; k < N_REVIEW_FLAGS; k++)
            SAME_INTEGER(reviews[i].flags[k]);
    }
}

void assert_same_run(const run_record *a, const run_record *b)
{
    assert_same_info(&a->info, &b->info);
    assert_same_models_and_servers(a, b);
    assert_same_facts(a, b);
    assert_same_stages(a, b);
    SAME_INTEGER(n_tests), SAME_INTEGER(n_samples);
    for (size_t i = 0; i < a->n_tests; i++)
        assert_same_test(&a->tests[i], &b->tests[i]);
    for (size_t i = 0; i < a->n_samples; i++) {
        SAME_INTEGER(samples[i].t_ms), SAME_INTEGER(samples[i].server), SAME_INTEGER(samples[i].test_index);
        for (int k = 0; k < N_SAMPLE_FIGURES; k++)
            SAME_NUMBER(samples[i].values.v[k]);
    }
    SAME_INTEGER(n_gpu_samples);
    for (size_t i = 0; i < a->n_gpu_samples; i++) {
        SAME_INTEGER(gpu_samples[i].t_ms), SAME_INTEGER(gpu_samples[i].server), SAME_INTEGER(gpu_samples[i].gpu);
        for (int k = 0; k < N_GPU_FIGURES; k++)
            SAME_NUMBER(gpu_samples[i].values.v[k]);
    }
    assert_same_reviews(a, b);
}

run_record example_parts(void)
{
    return (run_record){
        .subjects = (subject_record *)SUBJECTS,
        .n_subjects = 2,
        .servers = (server_record *)SERVERS,
        .n_servers = 3,
        .placement = (placement_row *)PLACEMENT,
        .n_placement = 2,
        .facts = (fact_record *)FACTS,
        .n_facts = 3,
        .stages = (stage_record *)STAGES,
        .n_stages = 2,
    };
}
