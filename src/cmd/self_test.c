/* self_test.c - four answers: steady, with several tokens in each event, in bursts, with a stall; then many at once. */
#include "cmd/self_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "client/fleet.h"
#include "cmd/known_server.h"
#include "figures/metrics.h"

/* Differences that are allowed: a machine with other work wakes threads late. */
static const double TIME_BOUND_MS = 10, TIME_BOUND_SHARE = 0.02, RATE_BOUND_SHARE = 0.05;
static const double CPU_MAX = 0.02;

enum { WRITES_MAX = 128, STREAMS_MAX = 32, LOAD_TOKENS = 100, LOAD_GAP_MS = 10, ANSWER_LIMIT_S = 60 };

static const double FIRST_MS = 50, ROLE_MS = 5, END_MS = 3, STALL_MS = 1190;

/* ---- schedules -------------------------------------------------------------------------------------------------- */

enum { STEADY, SEVERAL, BURSTS, STALL, LOAD, N_ANSWERS };

typedef struct self_test {
    known_schedule schedules[N_ANSWERS];
    known_write writes[N_ANSWERS][WRITES_MAX];
    known_server *server;
    chat_target *target;
    transfer_fleet *fleet;
} self_test;

/* Plans an answer of n writes, gap_ms apart, with a token in each event; returns its writes. */
static known_write *plan(self_test *t, int answer, const char *model, size_t n, double gap_ms, int n_events)
{
    known_write *const writes = t->writes[answer];
    for (size_t i = 0; i < n; i++)
        writes[i] = (known_write){.at_ms = FIRST_MS + gap_ms * (double)i, .n_events = n_events, .n_tokens = 1};
    t->schedules[answer] = (known_schedule){.model = model, .role_ms = ROLE_MS, .writes = writes, .n_writes = n};
    return writes;
}

static void plan_all(self_test *t)
{
    static const double JITTER_MS[] = {0, 2, -3, 1, 3, -2, -1};
    enum { N_JITTER = sizeof JITTER_MS / sizeof JITTER_MS[0], N_STEADY = 64, N_SEVERAL = 40, N_STALL = 44 };
    known_write *writes = plan(t, STEADY, "steady", N_STEADY, 10, 1);
    for (size_t i = 1; i < N_STEADY; i++)
        writes[i].at_ms += JITTER_MS[i % N_JITTER];
    writes = plan(t, SEVERAL, "several per event", N_SEVERAL, 15, 1);
    for (size_t i = 1; i < N_SEVERAL; i += 2)
        writes[i].n_tokens = 2;
    writes[0].n_tokens = 6; // five of them without text, as the name of a channel has it
    plan(t, BURSTS, "bursts", 30, 20, 3);
    writes = plan(t, STALL, "stall", N_STALL, 10, 1);
    for (size_t i = N_STALL / 2; i < N_STALL; i++)
        writes[i].at_ms += STALL_MS;
    plan(t, LOAD, "load", LOAD_TOKENS, LOAD_GAP_MS, 1);
    t->schedules[LOAD].keeps_plan = true;
    for (size_t i = 0; i < N_ANSWERS; i++) {
        known_schedule *const s = &t->schedules[i];
        s->done_ms = s->writes[s->n_writes - 1].at_ms + END_MS;
    }
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

bool self_test_figure_is_good(const self_test_figure *f)
{
    return fabs(f->measured - f->expected) <= f->bound; // false for NAN
}

bool self_test_load_is_good(const self_test_load *load)
{
    return load->cpu <= load->cpu_max;
}

bool self_test_is_good(const self_test_result *r)
{
    bool is_good = true;
    for (size_t i = 0; i < r->n_figures; i++)
        is_good &= self_test_figure_is_good(&r->figures[i]);
    for (size_t i = 0; i < r->n_loads; i++)
        is_good &= self_test_load_is_good(&r->loads[i]);
    return is_good;
}

static void add(self_test_result *r, self_test_figure f)
{
    if (r->n_figures < SELF_TEST_FIGURES_MAX)
        r->figures[r->n_figures++] = f;
}

static void add_time(self_test_result *r, const char *answer, const char *name, double expected_ms, double measured_ms)
{
    add(r, (self_test_figure){answer, name, "ms", expected_ms, measured_ms,
                              TIME_BOUND_MS + TIME_BOUND_SHARE * expected_ms});
}

static void add_rate(self_test_result *r, const char *answer, const char *name, double expected, double measured)
{
    add(r, (self_test_figure){answer, name, "tok/s", expected, measured, RATE_BOUND_SHARE * expected});
}

static void add_count(self_test_result *r, const char *answer, const char *name, double expected, double measured)
{
    add(r, (self_test_figure){answer, name, "", expected, measured, 0});
}

/* What the server did by the definitions, beside what was measured. */
static void compare(self_test_result *r, const known_schedule *s, const test_metrics *m)
{
    const double n_first = s->writes[0].n_tokens + s->writes[0].n_events - 1; // came at once
    const double first_ms = s->writes[0].at_ms, last_ms = s->writes[s->n_writes - 1].at_ms;
    double n = 0, longest_ms = 0;
    for (size_t i = 0; i < s->n_writes; i++) {
        n += s->writes[i].n_tokens + s->writes[i].n_events - 1;
        longest_ms = i > 0 ? fmax(longest_ms, s->writes[i].at_ms - s->writes[i - 1].at_ms) : 0;
    }
    const bool stalls = longest_ms > 1000;
    add_count(r, s->model, "tokens", n, (double)m->n_tokens);
    add_time(r, s->model, "first event", s->role_ms, m->ttfr_ms);
    add_time(r, s->model, "first token", first_ms, m->ttft_ms);
    add_time(r, s->model, "total", s->done_ms, m->e2e_ms);
    add_rate(r, s->model, "decode", 1000 * (n - n_first) / (last_ms - first_ms), m->decode_tps);
    add_rate(r, s->model, "overall", 1000 * n / s->done_ms, m->overall_tps);
    add_count(r, s->model, "stalls", stalls, (double)m->n_stalls);
    add_time(r, s->model, "longest stall", stalls ? longest_ms : 0, m->stall_max_ms);
}

/* ---- questions -------------------------------------------------------------------------------------------------- */

static const test_plan PLAN = {
    .name = "self-test", .group = "", .prompt = "Hello", .max_tokens = 1000, .seed = 1, .expected = ""};

static transfer_options options_of(const self_test *t, int answer)
{
    return (transfer_options){.target = t->target,
                              .model = t->schedules[answer].model,
                              .plan = &PLAN,
                              .wants_token_counts = true,
                              .limits.deadline_s = ANSWER_LIMIT_S};
}

static sw_code check_answer(const chat_transfer *transfer, sw_err *err)
{
    const answer_record *const a = transfer_answer(transfer);
    return a->status == TEST_COMPLETED ? SW_OK
                                       : sw_fail(err, SW_EIO, "an answer of the self-test ended as %s: %s",
                                                 test_status_name(a->status), a->error);
}

/* Runs what was added, until all have ended. */
static void run(const self_test *t)
{
    while (fleet_run(t->fleet, 100) > 0) {
    }
}

static sw_code compare_answer(const chat_transfer *transfer, const known_schedule *s, self_test_result *out,
                              sw_err *err)
{
    const test_record test = {.plan = PLAN, .stage = -1, .item = "", .answer = *transfer_answer(transfer)};
    test_metrics metrics;
    sw_code code = check_answer(transfer, err);
    if (code == SW_OK)
        code = metrics_of(&test, &metrics, err);
    if (code == SW_OK)
        compare(out, s, &metrics);
    return code;
}

/* All of them at the same time.  The server's times are read after its threads have ended. */
static sw_code measure_answers(self_test *t, self_test_result *out, sw_err *err)
{
    chat_transfer *transfers[LOAD] = {NULL};
    sw_code code = SW_OK;
    for (int i = 0; i < LOAD && code == SW_OK; i++) {
        const transfer_options options = options_of(t, i);
        code = fleet_add(t->fleet, &options, &transfers[i], err);
    }
    run(t);
    known_server_stop(t->server);
    t->server = NULL;
    for (int i = 0; i < LOAD && code == SW_OK; i++)
        code = compare_answer(transfers[i], &t->schedules[i], out, err);
    return code; // the fleet frees the transfers
}

/* CPU time of this thread, which does the client's whole work. */
static double thread_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads n answers at the same time. */
static sw_code measure_load(self_test *t, int n, self_test_result *out, sw_err *err)
{
    const transfer_options options = options_of(t, LOAD);
    const double cpu_s = thread_cpu_s();
    const uint64_t start_ns = clock_now_ns(clock_system());
    sw_code code = SW_OK;
    chat_transfer *transfer;
    for (int i = 0; i < n && code == SW_OK; i++)
        code = fleet_add(t->fleet, &options, &transfer, err);
    run(t);
    const double wall_s = (double)(clock_now_ns(clock_system()) - start_ns) / 1e9;
    out->loads[out->n_loads++] = (self_test_load){.n_streams = n,
                                                  .tokens_per_s = 1000.0 / LOAD_GAP_MS,
                                                  .cpu = (thread_cpu_s() - cpu_s) / wall_s / n,
                                                  .cpu_max = CPU_MAX};
    while ((transfer = fleet_take(t->fleet)) != NULL) {
        if (code == SW_OK)
            code = check_answer(transfer, err);
        transfer_free(transfer);
    }
    return code;
}

static sw_code measure_loads(self_test *t, self_test_result *out, sw_err *err)
{
    static const int N_STREAMS[SELF_TEST_LOADS_MAX] = {1, 8, STREAMS_MAX};
    sw_code code = SW_OK;
    for (size_t i = 0; i < SELF_TEST_LOADS_MAX && code == SW_OK; i++)
        code = measure_load(t, N_STREAMS[i], out, err);
    return code;
}

/* One kind of measurement, with a server and a client of its own. */
static sw_code with_server(sw_code (*measure)(self_test *t, self_test_result *out, sw_err *err), const sw_clock *clock,
                           self_test_result *out, sw_err *err)
{
    self_test t = {0};
    plan_all(&t);
    sw_code code = known_server_start(&t.server, t.schedules, N_ANSWERS, err);
    if (code == SW_OK)
        code = target_open(&t.target, known_server_url(t.server), NULL, err);
    if (code == SW_OK)
        code = fleet_create(&t.fleet, clock, err);
    if (code == SW_OK)
        code = measure(&t, out, err);
    fleet_free(t.fleet);
    target_close(t.target);
    known_server_stop(t.server);
    return code;
}

sw_code self_test_run(const sw_clock *clock, bool with_loads, self_test_result *out, sw_err *err)
{
    *out = (self_test_result){0};
    const sw_code code = with_server(measure_answers, clock, out, err);
    return code == SW_OK && with_loads ? with_server(measure_loads, clock, out, err) : code;
}
