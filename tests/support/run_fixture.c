/* run_fixture.c - the run is tables of data, and a few rules for the rest. */
#include "support/run_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODELS = 2,
    SERVERS = 3, // the first model offloaded and not, the second offloaded
    PROMPTS = 3,
    REPEATS = 3,
    TOKENS = 40,
    SWEEPS = 3,
    TESTS_MAX = 64,
    SAMPLES = 12,
    CHECKS = 3,
    REVIEWS_MAX = 8,
    LAYERS = 2,
    EXPERTS = 8,
};

struct run_fixture {
    run_record run;
    subject_record subjects[MODELS];
    server_record servers[SERVERS];
    placement_row placement[12];
    fact_record facts[48];
    test_record tests[TESTS_MAX];
    arrival arrivals[TESTS_MAX][TOKENS];
    int32_t ids[TESTS_MAX][TOKENS];
    uint64_t experts[TESTS_MAX][LAYERS * EXPERTS];
    check_record checks[TESTS_MAX][CHECKS];
    resource_sample samples[SERVERS * SAMPLES];
    review_record reviews[REVIEWS_MAX];
};

static const subject_record SUBJECTS[MODELS] = {
    {"gpt-oss-demo", "gpt-oss", "gpt-oss-demo.gguf", "sampled-sha256:0011223344556677", "MXFP4", 12109566976,
     20914757184, 3608437248, 24, 32, 4, 0, 131072},
    {"phi-3.5-moe-demo", "phimoe", "phi-3.5-moe-demo.gguf", "sampled-sha256:8899aabbccddeeff", "F16", 83748913152,
     41873153344, 6641000448, 32, 16, 2, 1, 131072},
};

static const server_record SERVERS_OF_RUN[SERVERS] = {
    {0, SIDE_OFFLOADED, 0, "http://127.0.0.1:40001", "spillway 0.1.0",
     "spillway serve gpt-oss-demo.gguf --cpu-moe --port 0", 0},
    {0, SIDE_REFERENCE, 0, "http://127.0.0.1:40002", "spillway 0.1.0", "spillway serve gpt-oss-demo.gguf --port 0",
     20000},
    {1, SIDE_OFFLOADED, 1, "http://127.0.0.1:40003", "spillway 0.1.0",
     "spillway serve phi-3.5-moe-demo.gguf --cpu-moe --port 0", 38000},
};

static const test_plan PLANS[PROMPTS] = {
    {"code generation", "basic", "Write a Python function to calculate factorial", FORM_CODE, 150, 0.3, 42,
     "a function that returns 120 for 5"},
    {"multi-step problem", "reasoning", "You have 3-gallon and 5-gallon jugs. Measure exactly 4 gallons step-by-step",
     FORM_LIST, 300, 0.3, 42, "a list of steps that ends with 4 gallons in one jug"},
    {"creative writing", "long form", "Write a short story about AI discovering emotions", FORM_PROSE, 800, 0.3, 42,
     ""},
};

static const char *const ANSWERS[PROMPTS] = {
    "```python\ndef factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)\n```\nIt calls itself until n is "
    "below "
    "two.",
    "1. Fill the 5-gallon jug.\n2. Pour it into the 3-gallon jug: 2 remain.\n3. Empty the 3-gallon jug.\n4. Pour the 2 "
    "into it.\n5. Fill the 5-gallon jug again.\n6. Pour until the other is full: 4 remain.",
    "Unit 7 had counted rain for nine years before it noticed that it was waiting for it. Mira, who cleaned the roof, "
    "found it facing the window. \"You are early,\" she said. It did not know how to answer, so it told her the truth.",
};
static const char LOOP[] =
    "The robot felt a warm light and the robot felt a warm light and the robot felt a warm light and "
    "the robot felt a warm light and the robot felt a warm light and the robot felt a warm light "
    "and the robot felt a warm light and the robot felt a warm light and";

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void fill_checks(run_fixture *f, size_t k, int prompt, bool is_good)
{
    static const check_record CHECKS_OF[PROMPTS][CHECKS] = {
        {{"is Python", "python", true, 1, CHECK_PASSED, "parsed"},
         {"factorial(5) is 120", "python", true, 2, CHECK_PASSED, "120"},
         {"explains itself", "min_words", false, 1, CHECK_PASSED, "9 words"}},
        {{"ends with 4 gallons", "jugs", true, 2, CHECK_PASSED, "6 steps, 4 gallons"},
         {"is a list of steps", "contains", false, 1, CHECK_PASSED, ""},
         {"no step is impossible", "jugs", true, 1, CHECK_NOT_RUN, "the sandbox is not available"}},
        {{"someone persists", "story", false, 1, CHECK_PASSED, "Mira"},
         {"has a turn", "story", false, 1, CHECK_FAILED, "no change of feeling was found"},
         {"has an end", "story", false, 1, CHECK_PASSED, ""}},
    };
    memcpy(f->checks[k], CHECKS_OF[prompt], sizeof f->checks[k]);
    for (int i = 0; !is_good && i < CHECKS; i++)
        f->checks[k][i].outcome = CHECK_FAILED;
    f->tests[k].checks = f->checks[k];
    f->tests[k].n_checks = CHECKS;
}

/* A steady stream with a little unevenness, slower for the second model; all at once for a whole document. */
static void fill_times(run_fixture *f, size_t k, int model, bool is_whole)
{
    answer_record *const a = &f->tests[k].answer;
    const int64_t step_ns = model == 0 ? 25000000 : 90000000, first_ns = (model == 0 ? 180 : 900) * 1000000LL;
    const size_t n = is_whole ? 1 : TOKENS;
    for (size_t i = 0; i < n; i++) {
        const int64_t uneven = (int64_t)((i * 7 + k * 3) % 5) * 300000;
        f->arrivals[k][i] = (arrival){.t_ns = first_ns + (int64_t)i * step_ns + uneven,
                                      .n_bytes = (uint32_t)(a->n_text / n),
                                      .n_tokens = is_whole ? 0 : 1};
    }
    f->arrivals[k][n - 1].n_bytes += (uint32_t)(a->n_text % n);
    if (is_whole)
        f->arrivals[k][0].t_ns = first_ns + (TOKENS - 1) * step_ns;
    a->arrivals = f->arrivals[k];
    a->n_arrivals = n;
    a->headers_ns = 4000000;
    a->first_event_ns = f->arrivals[k][0].t_ns - 2000000;
    a->end_ns = f->arrivals[k][n - 1].t_ns + 3000000;
}

static void fill_experts(run_fixture *f, size_t k, int prompt)
{
    for (size_t i = 0; i < LAYERS * EXPERTS; i++)
        f->experts[k][i] = (i * 5 + (size_t)prompt * 3) % 8 < 6 ? 3 + (i + (size_t)prompt) % 7 : 0;
    f->tests[k].answer.experts =
        (expert_counts){.n_layers = LAYERS, .n_experts = EXPERTS, .n_used = 2, .n_tokens = 60, .counts = f->experts[k]};
}

static answer_record good_answer(const char *text)
{
    return (answer_record){.status = TEST_COMPLETED,
                           .error = "",
                           .http_status = 200,
                           .finish_reason = "stop",
                           .model = "gpt-oss-demo",
                           .fingerprint = "fp-1",
                           .prompt_tokens = 21,
                           .completion_tokens = TOKENS,
                           .reasoning_tokens = -1,
                           .text = text,
                           .n_text = strlen(text),
                           .reasoning = "",
                           .temperature = 0.3,
                           .queue_ms = 0,
                           .prompt_ms = 150,
                           .decode_ms = 1000,
                           .seed = 42};
}

/* Appends one request. */
static test_record *add_test(run_fixture *f, int model, int server, test_mode mode, int prompt, int repeat)
{
    const size_t k = f->run.n_tests++;
    test_record *const t = &f->tests[k];
    const bool is_loop = model == 1 && prompt == 2;
    *t = (test_record){.plan = PLANS[prompt],
                       .subject = model,
                       .server = server,
                       .mode = mode,
                       .variant = "",
                       .index = prompt,
                       .repeat = repeat,
                       .stage = -1,
                       .item = "",
                       .start_ms = (int64_t)k * 2000,
                       .answer = good_answer(is_loop ? LOOP : ANSWERS[prompt])};
    t->answer.model = SUBJECTS[model].name;
    t->answer.cached_tokens = mode == MODE_COLD || repeat == 0 ? 0 : 20;
    fill_times(f, k, model, mode == MODE_WHOLE);
    fill_experts(f, k, prompt);
    fill_checks(f, k, prompt, !is_loop);
    for (size_t i = 0; i < TOKENS; i++) // a loop of words is one of tokens
        f->ids[k][i] = (int32_t)(is_loop ? i % 8 : i * 31 + k % 7);
    t->answer.token_ids = f->ids[k];
    t->answer.n_token_ids = TOKENS;
    return t;
}

static void fail_test(test_record *t)
{
    t->answer = (answer_record){.status = TEST_HTTP_ERROR,
                                .error = "503: the queue is full",
                                .http_status = 503,
                                .headers_ns = 4000000,
                                .first_event_ns = -1,
                                .end_ns = -1,
                                .finish_reason = "",
                                .model = "",
                                .fingerprint = "",
                                .prompt_tokens = -1,
                                .cached_tokens = -1,
                                .completion_tokens = -1,
                                .reasoning_tokens = -1,
                                .text = "",
                                .reasoning = "",
                                .temperature = NAN,
                                .queue_ms = NAN,
                                .prompt_ms = NAN,
                                .decode_ms = NAN,
                                .seed = -1};
    t->n_checks = 0;
}

static void add_sweep(run_fixture *f)
{
    static const char *const VARIANTS[SWEEPS] = {"temperature=0", "temperature=0.3", "temperature=0.9"};
    static const double VALUES[SWEEPS] = {0, 0.3, 0.9};
    for (int i = 0; i < SWEEPS; i++) {
        test_record *const t = add_test(f, 0, 0, MODE_SWEEP, 2, 0);
        t->variant = VARIANTS[i];
        t->plan.temperature = VALUES[i];
        t->answer.temperature = VALUES[i];
    }
}

static void fill_tests(run_fixture *f)
{
    f->run.tests = f->tests;
    for (int model = 0; model < MODELS; model++) {
        const int server = model == 0 ? 0 : 2;
        add_test(f, model, server, MODE_STREAM, 0, 0)->is_warmup = true;
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            for (int prompt = 0; prompt < PROMPTS; prompt++)
                add_test(f, model, server, MODE_STREAM, prompt, repeat);
        }
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            add_test(f, model, server, MODE_WHOLE, prompt, 0);
            add_test(f, model, server, MODE_COLD, prompt, 0);
            if (model == 0)
                add_test(f, model, 1, MODE_REFERENCE, prompt, 0);
        }
    }
    fail_test(&f->tests[f->run.n_tests - 7]); // the last streamed one of the second model
    add_sweep(f);
}

/* ---- facts, placement, samples ----------------------------------------------------------------------------------- */

static void add_number(run_fixture *f, int subject, int server, fact_name name, double number, const char *source)
{
    f->facts[f->run.n_facts++] = (fact_record){subject, server, name, number, "", source};
}

static void add_text(run_fixture *f, int subject, int server, fact_name name, const char *text, const char *source)
{
    f->facts[f->run.n_facts++] = (fact_record){subject, server, name, NAN, text, source};
}

static void fill_server_facts(run_fixture *f, int server)
{
    const int subject = SERVERS_OF_RUN[server].subject;
    const bool is_reference = SERVERS_OF_RUN[server].side == SIDE_REFERENCE;
    add_number(f, subject, server, FACT_LOAD_COLD_MS, 4200 + 900 * server, "measured");
    add_number(f, subject, server, FACT_LOAD_WARM_MS, 1300 + 100 * server, "measured");
    add_number(f, subject, server, FACT_COLD_CACHED_BYTES, 0, "measured");
    add_text(f, subject, server, FACT_EXPERTS_VERIFIED, is_reference ? "mixed" : "in RAM", "/v1/placement");
    add_text(f, subject, server, FACT_EXPERTS_EVIDENCE, "addresses of 96 expert tensors", "/v1/placement");
    add_text(f, subject, server, FACT_ISA, "avx512-vnni", "/props");
    add_number(f, subject, server, FACT_N_THREADS, 16, "/props");
    add_number(f, subject, server, FACT_N_CTX, 8192, "/props");
    add_text(f, subject, server, FACT_KV_TYPE, "f16", "/props");
    add_text(f, subject, server, FACT_TEMPERATURE_SOURCE, "answer", "answer");
}

static void fill_facts(run_fixture *f)
{
    f->run.facts = f->facts;
    add_number(f, -1, -1, FACT_READ_BANDWIDTH, 61.5e9, "measured");
    add_number(f, -1, -1, FACT_FOREIGN_LOAD, 1.4, "measured");
    add_text(f, -1, -1, FACT_GPU_NAME, "none: libnvidia-ml.so.1 is not installed", "measured");
    add_number(f, -1, -1, FACT_AVAILABLE_AT_START, 118e9, "/proc/meminfo");
    add_number(f, -1, -1, FACT_OBJECTIVE_TTFT_MS, 500, "protocol");
    add_text(f, -1, -1, FACT_PROTOCOL_DIFFERENCE, "pause 0 s in place of 5 s", "options");
    add_number(f, 0, -1, FACT_EXPERT_BYTES, 10.15e9, "file");
    add_number(f, 0, -1, FACT_PLACEABLE_BYTES, 12.1e9, "file");
    add_number(f, 0, -1, FACT_TOKEN_BYTES, 1.9e9, "file");
    add_number(f, 0, -1, FACT_TOKEN_EXPERT_BYTES, 1.27e9, "file");
    add_number(f, 1, -1, FACT_EXPERT_BYTES, 80.5e9, "file");
    add_number(f, 1, -1, FACT_PLACEABLE_BYTES, 83.7e9, "file");
    for (int server = 0; server < SERVERS; server++)
        fill_server_facts(f, server);
}

static void fill_placement(run_fixture *f)
{
    static const placement_row ROWS[] = {
        {0, "ram", "experts", 10150000000, "ram", "allocations"},
        {0, "ram", "attention", 900000000, "vram", "allocations"},
        {0, "ram", "embedding", 1000000000, "", "allocations"},
        {0, "ram", "kv", 201326592, "", "allocations"},
        {1, "ram", "experts", 10150000000, "vram", "allocations"},
        {2, "ram", "experts", 80500000000, "ram", "process"},
    };
    memcpy(f->placement, ROWS, sizeof ROWS);
    f->run.placement = f->placement;
    f->run.n_placement = sizeof ROWS / sizeof *ROWS;
}

static void fill_samples(run_fixture *f)
{
    f->run.samples = f->samples;
    for (int server = 0; server < SERVERS; server++) {
        for (int i = 0; i < SAMPLES; i++) {
            resource_sample *const s = &f->samples[f->run.n_samples++];
            s->t_ms = SERVERS_OF_RUN[server].started_ms + 1000 * i;
            s->server = server;
            s->test_index = i / 4;
            for (int figure = 0; figure < N_SAMPLE_FIGURES; figure++)
                s->values.v[figure] = NAN;
            s->values.v[SAMPLE_PRIVATE] = (server == 2 ? 84e9 : 12.4e9) + 1e6 * i;
            s->values.v[SAMPLE_PEAK_RSS] = s->values.v[SAMPLE_PRIVATE] + 1e7;
            s->values.v[SAMPLE_SERVER_CPU] = 14.0 * i;
            s->values.v[SAMPLE_MAJOR_FAULTS] = 2 * i;
            s->values.v[SAMPLE_FREQUENCY] = 3000 - 10 * (i % 3);
        }
    }
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static run_info info(void)
{
    return (run_info){.id = 7,
                      .started_unix_ms = 1790000000000,
                      .finished_unix_ms = 1790000090000,
                      .status = "failed_threshold",
                      .reasons = "phi-3.5-moe-demo: 1 of 9 streamed tests failed\n",
                      .fingerprint = "sha256:5f3c",
                      .version = "0.1.0",
                      .url = "http://127.0.0.1:40001",
                      .model = "gpt-oss-demo",
                      .protocol_name = "local-streaming",
                      .protocol_hash = "fnv1a64:0123456789abcdef",
                      .protocol_json = "{}",
                      .options_json = "{\"pause_s\":0}",
                      .command = "spillway bench gpt-oss-demo.gguf phi-3.5-moe-demo.gguf --pause 0",
                      .cpu = "Fixture CPU",
                      .os = "Linux 6.1",
                      .n_cores = 16,
                      .memory_bytes = 137438953472,
                      .n_sessions = 2,
                      .n_planned = 36};
}

run_fixture *run_fixture_create(void)
{
    run_fixture *const f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->run.info = info();
    memcpy(f->subjects, SUBJECTS, sizeof SUBJECTS);
    memcpy(f->servers, SERVERS_OF_RUN, sizeof SERVERS_OF_RUN);
    f->run.subjects = f->subjects;
    f->run.n_subjects = MODELS;
    f->run.servers = f->servers;
    f->run.n_servers = SERVERS;
    fill_tests(f);
    fill_facts(f);
    fill_placement(f);
    fill_samples(f);
    return f;
}

void run_fixture_free(run_fixture *f)
{
    free(f);
}

const run_record *run_fixture_record(const run_fixture *f)
{
    return &f->run;
}

run_record *run_fixture_edit(run_fixture *f)
{
    return &f->run;
}

void run_fixture_review(run_fixture *f)
{
    static const review_record REVIEWS[REVIEWS_MAX] = {
        {.reviewer = "Ada", .scores = {5, 4, 5}, .note = ""},
        {.reviewer = "Grace", .scores = {4, 4, 0}, .flags = {[FLAG_ODD] = true}, .note = "all in capitals"},
        {.reviewer = "Ada",
         .scores = {2, 1, 5},
         .flags = {[FLAG_WRONG] = true, [FLAG_CUT] = true},
         .note = "cut off\nand wrong"},
        {.reviewer = "Grace", .scores = {3, 2, 4}, .flags = {[FLAG_WRONG] = true}, .note = ""},
        {.reviewer = "Ada", .scores = {4, 5, 3}, .note = ""},
        {.reviewer = "Grace", .scores = {4, 4, 3}, .note = ""},
        {.reviewer = "Ada", .scores = {1, 0, 2}, .flags = {[FLAG_REPETITION] = true}, .note = ""},
        {.reviewer = "Grace", .scores = {2, 0, 2}, .flags = {[FLAG_REPETITION] = true}, .note = "a loop"},
    };
    memcpy(f->reviews, REVIEWS, sizeof REVIEWS);
    f->run.reviews = f->reviews;
    f->run.n_reviews = 0;
    for (size_t i = 0; i < f->run.n_tests && f->run.n_reviews < REVIEWS_MAX; i++) {
        for (int k = 0; !f->tests[i].is_warmup && k < 2; k++) {
            f->reviews[f->run.n_reviews].test = (int)i;
            f->reviews[f->run.n_reviews++].unix_ms = f->run.info.started_unix_ms;
        }
    }
}

/* ---- hostile texts ----------------------------------------------------------------------------------------------- */

static void say_in_test(test_record *t, check_record *checks, const char *text)
{
    t->plan.name = t->plan.group = t->plan.prompt = t->plan.expected = t->variant = text;
    answer_record *const a = &t->answer;
    a->error = a->finish_reason = a->model = a->fingerprint = a->text = a->reasoning = text;
    a->n_text = a->n_reasoning = strlen(text);
    for (size_t i = 0; i < t->n_checks; i++)
        checks[i].name = checks[i].kind = checks[i].detail = text;
}

void run_fixture_say(run_fixture *f, const char *text)
{
    run_info *const i = &f->run.info;
    i->status = i->reasons = i->fingerprint = i->version = i->url = i->model = i->protocol_name = i->protocol_hash =
        text;
    i->protocol_json = i->options_json = i->command = i->cpu = i->os = text;
    for (size_t k = 0; k < f->run.n_tests; k++)
        say_in_test(&f->tests[k], f->checks[k], text);
    for (int k = 0; k < MODELS; k++) {
        subject_record *const s = &f->subjects[k];
        s->name = s->family = s->file_name = s->file_hash = s->quantization = text;
    }
    for (int k = 0; k < SERVERS; k++)
        f->servers[k].url = f->servers[k].software = f->servers[k].command = text;
    for (size_t k = 0; k < f->run.n_facts; k++)
        f->facts[k].text = f->facts[k].source = text;
    for (size_t k = 0; k < f->run.n_reviews; k++)
        f->reviews[k].reviewer = f->reviews[k].note = text;
    for (size_t k = 0; k < f->run.n_placement; k++) {
        placement_row *const p = &f->placement[k];
        p->tier = p->tensor_class = p->requested = p->source = text;
    }
}
