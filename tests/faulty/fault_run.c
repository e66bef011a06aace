/* fault_run.c - time goes from one event to the next; between two, both processes agree on what has happened. */
#include "fault_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "client/fleet.h"
#include "faulty_process.h"
#include "monitor/process_files.h"

enum { N_SESSIONS = 3, N_QUESTIONS = 60, SECRETS_PCT = 15, MAX_TOKENS = 512, PATIENCE_S = 30 };
static const double PAUSE_S = 3, SAMPLE_S = 2, BEGIN_S = 1;

typedef struct asked {
    char *prompt, *name, *item; // its item: the name, and the session whose own it is
    char code[8];               // what a right answer holds; "": anything
} asked;

typedef struct session {
    chat_transfer *transfer; // under way; NULL
    uint64_t next_ns;        // when it asks again
    asked question;
    int64_t start_ms;
} session;

typedef struct runner {
    const fault_run_options *options;
    faulty_process server;
    process_files memory;
    chat_target *target;
    transfer_fleet *fleet;
    step_report report;
    uint64_t now_ns, sampled_ns;
    rng_state rng;
    session sessions[N_SESSIONS];
    uint64_t n_added, n_taken, n_events_taken;
    run_record *run;
    test_record *tests;
    resource_sample *samples;
    size_t cap_samples;
} runner;

/* ---- time -------------------------------------------------------------------------------------------------------- */

static uint64_t now_ns(void *ud)
{
    return ((const runner *)ud)->now_ns;
}

static int64_t unix_s(void *ud)
{
    return (int64_t)(now_ns(ud) / 1000000000);
}

static void sleep_ns(void *ud, uint64_t ns)
{
    (void)ud;
    (void)ns; // time goes by itself
}

static double uniform(runner *r)
{
    return (double)rng_float(&r->rng);
}

static uint64_t seconds(double s)
{
    return (uint64_t)(s * 1e9);
}

static int64_t ms_of_run(const runner *r)
{
    return (int64_t)(r->now_ns - seconds(BEGIN_S)) / 1000000;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static char *filler(rng_state *words, char *at, int n_words)
{
    static const char *const WORDS[] = {"river", "stone", "green", "walks", "under", "small", "winter", "light"};
    for (int i = 0; i < n_words; i++)
        at += sprintf(at, " %s", WORDS[rng_next(words) % 8]);
    return at;
}

static asked new_question(runner *r, const char *kind, uint64_t number, int asker, int n_words)
{
    arena *const keep = r->run->keep;
    asked q = {arena_alloc(keep, (size_t)n_words * 8 + 128), arena_alloc(keep, 32), arena_alloc(keep, 48), ""};
    if (q.prompt == NULL || q.name == NULL || q.item == NULL)
        abort(); // memory is short in a test
    sprintf(q.name, "%s/%d", kind, (int)number);
    sprintf(q.item, "%s/session=%d", q.name, asker);
    return q;
}

/* One of N_QUESTIONS, which all sessions ask again and again, each as its own. */
static asked make_question(runner *r, int asker)
{
    const uint64_t number = rng_next(&r->rng) % N_QUESTIONS;
    rng_state words;
    rng_seed(&words, r->options->seed * N_QUESTIONS + number);
    const int n_words = 5 + (int)(rng_next(&words) % 60);
    asked q = new_question(r, "words", number, asker, n_words);
    filler(&words, q.prompt + sprintf(q.prompt, "[%d] Tell me more of %d:", asker, (int)number), n_words);
    return q;
}

/* A code, up to 4,000 words, and the question for the code; never the same twice. */
static asked make_secret(runner *r, int asker)
{
    const int n_words = 50 + (int)(rng_next(&r->rng) % 3950), n = (int)r->n_added;
    const char name[] = {(char)('a' + n % 26), (char)('a' + n / 26 % 26), (char)('a' + n / 676), '\0'};
    asked q = new_question(r, "secrets", r->n_added, asker, n_words);
    sprintf(q.code, "%d", (int)(1000 + rng_next(&r->rng) % 9000));
    char *const begin = q.prompt + sprintf(q.prompt, "[%d] The code of %s is %s.", asker, name, q.code);
    sprintf(filler(&r->rng, begin, n_words), " What is the code of %s?", name);
    return q;
}

/* ---- what is kept ------------------------------------------------------------------------------------------------ */

static const void *copy(runner *r, const void *data, size_t n)
{
    if (data == NULL)
        return NULL;
    char *const kept = arena_alloc(r->run->keep, n + 1);
    if (kept == NULL)
        abort();
    memcpy(kept, data, n);
    kept[n] = '\0';
    return kept;
}

static answer_record keep_answer(runner *r, const answer_record *a)
{
    answer_record kept = *a;
    const size_t n_cells = (size_t)a->experts.n_layers * (size_t)a->experts.n_experts;
    kept.error = copy(r, a->error, strlen(a->error));
    kept.text = copy(r, a->text, a->n_text);
    kept.reasoning = copy(r, a->reasoning, a->n_reasoning);
    kept.arrivals = copy(r, a->arrivals, a->n_arrivals * sizeof *a->arrivals);
    kept.experts.counts = copy(r, a->experts.counts, n_cells * sizeof *a->experts.counts);
    kept.finish_reason = kept.model = kept.fingerprint = "";
    kept.token_ids = NULL;
    kept.n_token_ids = 0;
    return kept;
}

static test_plan plan_of(const asked *q)
{
    return (test_plan){
        .name = q->name, .group = "faulty", .prompt = q->prompt, .max_tokens = MAX_TOKENS, .seed = 7, .expected = ""};
}

static void keep_test(runner *r, const session *s, const answer_record *answer)
{
    static const check_record RIGHT = {"code", "contains", true, 1, CHECK_PASSED, ""};
    static const check_record WRONG = {"code", "contains", true, 1, CHECK_FAILED, ""};
    const asked *const q = &s->question;
    const bool is_right = strstr(answer->text, q->code) != NULL;
    r->tests[r->run->n_tests] = (test_record){.plan = plan_of(q),
                                              .variant = "",
                                              .index = (int)r->run->n_tests,
                                              .start_ms = s->start_ms,
                                              .stage = -1,
                                              .session = (int)(s - r->sessions),
                                              .item = q->item,
                                              .answer = keep_answer(r, answer),
                                              .checks = is_right ? &RIGHT : &WRONG,
                                              .n_checks = q->code[0] != '\0'};
    r->run->n_tests++;
}

static void sample_memory(runner *r)
{
    if (r->now_ns < r->sampled_ns + seconds(SAMPLE_S) || r->run->n_samples == r->cap_samples)
        return;
    resource_sample *const s = &r->samples[r->run->n_samples];
    *s = (resource_sample){.t_ms = ms_of_run(r), .test_index = -1, .values = sample_values_none()};
    r->run->n_samples += process_files_read(&r->memory, &s->values);
    r->sampled_ns = r->now_ns;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static bool ask(runner *r, session *s)
{
    const int number = (int)(s - r->sessions);
    s->question = uniform(r) * 100 < SECRETS_PCT ? make_secret(r, number) : make_question(r, number);
    s->start_ms = ms_of_run(r);
    const test_plan plan = plan_of(&s->question);
    const transfer_options options = {.target = r->target,
                                      .model = "faulty",
                                      .plan = &plan,
                                      .wants_experts = true,
                                      .wants_token_counts = true,
                                      .ud = s};
    r->n_added++;
    return fleet_add(r->fleet, &options, &s->transfer, NULL) == SW_OK;
}

static bool ask_what_is_due(runner *r)
{
    for (int i = 0; i < N_SESSIONS; i++) {
        session *const s = &r->sessions[i];
        if (s->transfer == NULL && s->next_ns <= r->now_ns && r->n_added < (uint64_t)r->options->n_requests &&
            !ask(r, s))
            return false;
    }
    return true;
}

static void take_ended(runner *r)
{
    chat_transfer *transfer;
    while ((transfer = fleet_take(r->fleet)) != NULL) {
        session *const s = transfer_ud(transfer);
        r->n_events_taken += transfer_n_events(transfer);
        r->n_taken++;
        keep_test(r, s, transfer_answer(transfer));
        transfer_free(transfer);
        s->transfer = NULL;
        s->next_ns = r->now_ns + seconds(-log(1 - uniform(r)) * PAUSE_S);
    }
}

static uint64_t events_seen(const runner *r)
{
    uint64_t n = r->n_events_taken;
    for (int i = 0; i < N_SESSIONS; i++)
        n += r->sessions[i].transfer != NULL ? transfer_n_events(r->sessions[i].transfer) : 0;
    return n;
}

/* ---- both processes agree ---------------------------------------------------------------------------------------- */

/* All requests that were added have come to the server. */
static bool await_requests(runner *r)
{
    const time_t begin = time(NULL);
    while (r->report.n_requests < r->n_added) {
        fleet_run(r->fleet, 1);
        if (!faulty_process_step(&r->server, r->now_ns, &r->report) || time(NULL) > begin + PATIENCE_S)
            return false;
    }
    return true;
}

/* All that the server has sent has come to the client. */
static bool await_events(runner *r)
{
    const time_t begin = time(NULL);
    for (take_ended(r); events_seen(r) < r->report.n_events || r->n_taken < r->report.n_answers; take_ended(r)) {
        fleet_run(r->fleet, 1);
        if (time(NULL) > begin + PATIENCE_S)
            return false;
    }
    return true;
}

static uint64_t next_moment(const runner *r)
{
    uint64_t next = r->report.next_ns;
    for (int i = 0; i < N_SESSIONS; i++) {
        const session *const s = &r->sessions[i];
        const bool will_ask = s->transfer == NULL && r->n_added < (uint64_t)r->options->n_requests;
        next = will_ask && s->next_ns < next ? s->next_ns : next;
    }
    return next > r->now_ns ? next : r->now_ns;
}

static bool run_all(runner *r)
{
    while (r->run->n_tests < (size_t)r->options->n_requests) {
        if (!ask_what_is_due(r) || !await_requests(r))
            return false;
        r->now_ns = next_moment(r);
        if (!faulty_process_step(&r->server, r->now_ns, &r->report) || !await_events(r))
            return false;
        sample_memory(r);
    }
    return true;
}

/* ---- begin and end ----------------------------------------------------------------------------------------------- */

static bool open_all(runner *r, const sw_clock *clock)
{
    sw_err err = {0};
    if (!faulty_process_start(&r->server, r->options->server, r->options->fault, r->options->seed) ||
        !faulty_process_step(&r->server, r->now_ns, &r->report))
        return false;
    process_files_open(&r->memory, "", r->server.pid);
    if (target_open(&r->target, r->server.url, NULL, &err) != SW_OK || fleet_create(&r->fleet, clock, &err) != SW_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return false;
    }
    return true;
}

static void prepare(runner *r, fault_run *out)
{
    static subject_record subject = {"faulty", "", "", "", "", 0, 0, 0, 0, 0, 0, 0, 0};
    static server_record server = {.url = "", .software = "", .command = ""};
    const size_t n = (size_t)r->options->n_requests;
    r->cap_samples = n * 2;
    r->tests = calloc(n, sizeof *r->tests);
    r->samples = calloc(r->cap_samples, sizeof *r->samples);
    out->record = (run_record){.subjects = &subject,
                               .n_subjects = 1,
                               .servers = &server,
                               .n_servers = 1,
                               .tests = r->tests,
                               .samples = r->samples};
    out->record.keep = arena_create();
    if (r->tests == NULL || r->samples == NULL || out->record.keep == NULL)
        abort(); // memory is short in a test
    rng_seed(&r->rng, r->options->seed * 2 + 1);
    for (int i = 0; i < N_SESSIONS; i++)
        r->sessions[i].next_ns = r->now_ns + seconds(i);
}

bool fault_run_make(const fault_run_options *options, fault_run *out)
{
    *out = (fault_run){0};
    runner r = {.options = options, .now_ns = seconds(BEGIN_S), .run = &out->record};
    const sw_clock clock = {now_ns, unix_s, sleep_ns, &r};
    prepare(&r, out);
    const bool ok = open_all(&r, &clock) && run_all(&r);
    if (!ok)
        fprintf(stderr, "%s, seed %llu: stopped after %zu answers\n", options->fault, (unsigned long long)options->seed,
                out->record.n_tests);
    out->hours = (double)ms_of_run(&r) / 3.6e6;
    fleet_free(r.fleet);
    target_close(r.target);
    process_files_close(&r.memory);
    faulty_process_stop(&r.server);
    return ok;
}

void fault_run_free(fault_run *run)
{
    free(run->record.tests);
    free(run->record.samples);
    arena_free(run->record.keep);
}
