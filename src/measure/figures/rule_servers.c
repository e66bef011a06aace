/* rule_servers.c - what is known of servers and of the machine, against what was asked for. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures/run_rules.h"

static const double FOREIGN_LOAD_MAX_PCT = 10;
static const double LOAD_SECONDS_MIN = 10; // shorter runs say too little about the load of the machine
static const double CLOCK_STEP_MAX_MS = 500, SUSPENDED_MAX_MS = 100;

static const char *text_of(const run_record *run, const server_record *s, int server, fact_name name)
{
    const fact_record *const f = run_fact(run, s->subject, server, name);
    return f != NULL ? f->text : "";
}

/* "model 'name': " */
static void put_subject(const run_record *run, int subject, buf *out)
{
    if (subject < 0 || (size_t)subject >= run->n_subjects)
        return;
    buf_puts(out, "model ");
    rule_quote(out, run->subjects[subject].name);
    buf_puts(out, ": ");
}

/* ---- placement --------------------------------------------------------------------------------------------------- */

/* Returns true if the server has one open, or the machine has one, and it does not say that it computes without. */
static bool has_gpu(const run_record *run, int server)
{
    const server_record *const s = &run->servers[server];
    const bool is_there =
        run_number(run, -1, -1, FACT_GPU_TOTAL_BYTES) > 0 || text_of(run, s, server, FACT_DEVICE)[0] != '\0';
    return is_there && strcmp(text_of(run, s, server, FACT_BACKEND), "cpu") != 0;
}

/* Experts that were to be in RAM are there, or nothing is known of them. */
static void check_experts(const run_record *run, int server, buf *out)
{
    const server_record *const s = &run->servers[server];
    const char *const place = text_of(run, s, server, FACT_EXPERTS_VERIFIED);
    if (s->side != SIDE_OFFLOADED || (strcmp(place, "mixed") != 0 && strcmp(place, "in VRAM") != 0))
        return;
    put_subject(run, s->subject, out);
    buf_puts(out, strcmp(place, "mixed") == 0 ? "some experts are not in RAM (" : "its experts are in VRAM (");
    rule_quote(out, text_of(run, s, server, FACT_EXPERTS_EVIDENCE));
    buf_puts(out, ")\n");
}

/* The un-offloaded server of a GPU has its experts there, or both sides are one. */
static void check_reference(const run_record *run, int server, buf *out)
{
    const server_record *const s = &run->servers[server];
    if (s->side != SIDE_REFERENCE || !has_gpu(run, server) ||
        strcmp(text_of(run, s, server, FACT_EXPERTS_VERIFIED), "in RAM") != 0)
        return;
    put_subject(run, s->subject, out);
    buf_puts(out, "nothing was compared: the experts of the un-offloaded server are in RAM too (");
    rule_quote(out, text_of(run, s, server, FACT_EXPERTS_EVIDENCE));
    buf_puts(out, ")\n");
}

/* Without a GPU, a placement has no effect and nothing is wrong with that. */
static void check_effect(const run_record *run, int server, buf *out)
{
    const server_record *const s = &run->servers[server];
    if (s->side == SIDE_GIVEN || !has_gpu(run, server) ||
        strcmp(text_of(run, s, server, FACT_PLACEMENT_EFFECT), "none") != 0)
        return;
    put_subject(run, s->subject, out);
    buf_puts(out, "the placement that was asked for has no effect (");
    rule_quote(out, text_of(run, s, server, FACT_PLACEMENT_REASON));
    buf_puts(out, ")\n");
}

static void check_row(const run_record *run, const placement_row *row, buf *out)
{
    const bool is_experts = strcmp(row->tensor_class, "experts") == 0;
    if (row->server < 0 || (size_t)row->server >= run->n_servers || row->requested[0] == '\0' || row->bytes == 0 ||
        strcmp(row->requested, row->tier) == 0 || (!is_experts && !has_gpu(run, row->server)))
        return;
    // On a machine without a GPU, experts that were to be in VRAM are in RAM, as every report says.
    if (is_experts && !has_gpu(run, row->server) && strcmp(row->requested, "vram") == 0)
        return;
    put_subject(run, run->servers[row->server].subject, out);
    buf_printf(out, "%" PRIu64 " bytes of ", row->bytes);
    rule_quote(out, row->tensor_class);
    buf_puts(out, " are in ");
    rule_quote(out, row->tier);
    buf_puts(out, ", not in ");
    rule_quote(out, row->requested);
    buf_putc(out, '\n');
}

void rule_placement(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->run->n_servers; i++) {
        check_experts(a->run, (int)i, out);
        check_reference(a->run, (int)i, out);
        check_effect(a->run, (int)i, out);
    }
    for (size_t i = 0; i < a->run->n_placement; i++)
        check_row(a->run, &a->run->placement[i], out);
}

/* ---- context ----------------------------------------------------------------------------------------------------- */

/* The number after --ctx-size or -c of a command line; NAN. */
static double asked_context(const char *command)
{
    static const char *const OPTIONS[] = {"--ctx-size ", "--ctx-size=", " -c "};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0]; i++) {
        const char *const at = strstr(command, OPTIONS[i]);
        char *end = NULL;
        const double value = at != NULL ? strtod(at + strlen(OPTIONS[i]), &end) : NAN;
        if (at != NULL && end != at + strlen(OPTIONS[i]))
            return value;
    }
    return NAN;
}

/* The longest prompt and answer that this server was asked for. */
static double needed_context(const run_record *run, int server)
{
    double most = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (t->server == server && t->answer.prompt_tokens >= 0)
            most = fmax(most, (double)t->answer.prompt_tokens + t->plan.max_tokens);
    }
    return most;
}

void rule_context(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->run->n_servers; i++) {
        const server_record *const s = &a->run->servers[i];
        const double context = run_number(a->run, s->subject, (int)i, FACT_N_CTX);
        const double asked = asked_context(s->command), needed = needed_context(a->run, (int)i);
        if (context < asked) {
            put_subject(a->run, s->subject, out);
            buf_printf(out, "the context is %.0f tokens, %.0f were asked for\n", context, asked);
        } else if (context < needed) {
            put_subject(a->run, s->subject, out);
            buf_printf(out, "a prompt and its answer may take %.0f tokens, the context is %.0f\n", needed, context);
        }
    }
}

/* ---- another server on the port ---------------------------------------------------------------------------------- */

/* The first answer of the same server that names a fingerprint; NULL. */
static const test_record *first_fingerprint(const run_record *run, int server)
{
    for (size_t i = 0; i < run->n_tests; i++) {
        if (run->tests[i].server == server && run->tests[i].answer.fingerprint[0] != '\0')
            return &run->tests[i];
    }
    return NULL;
}

/* One process does not change its fingerprint.  Runs of schema 1 do not say which server answered: if they were
 * resumed, there were two. */
static void check_fingerprints(const run_record *run, int server, buf *out)
{
    const test_record *const first = first_fingerprint(run, server);
    for (size_t i = 0; first != NULL && i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (t->server != server || t->answer.fingerprint[0] == '\0' ||
            strcmp(t->answer.fingerprint, first->answer.fingerprint) == 0)
            continue;
        put_subject(run, t->subject, out);
        buf_puts(out, "another server answered from ");
        rule_quote(out, t->plan.name);
        buf_puts(out, " on: its fingerprint is ");
        rule_quote(out, t->answer.fingerprint);
        buf_puts(out, ", it was ");
        rule_quote(out, first->answer.fingerprint);
        buf_putc(out, '\n');
        return;
    }
}

void rule_other_server(const run_analysis *a, buf *out)
{
    const run_record *const run = a->run;
    for (int i = run->info.n_sessions <= 1 ? -1 : 0; i < (int)run->n_servers; i++)
        check_fingerprints(run, i, out);
    for (size_t i = 1; i < run->n_servers; i++) {
        const server_record *const s = &run->servers[i], *const before = s - 1;
        if (s->session != before->session || strcmp(s->url, before->url) != 0 || s->software[0] == '\0' ||
            before->software[0] == '\0' || strcmp(s->software, before->software) == 0)
            continue;
        buf_puts(out, "another server is at ");
        rule_quote(out, s->url);
        buf_puts(out, ": ");
        rule_quote(out, s->software);
        buf_puts(out, " in place of ");
        rule_quote(out, before->software);
        buf_putc(out, '\n');
    }
}

/* ---- the machine ------------------------------------------------------------------------------------------------- */

/* Time in which answers were measured, those that overlap counted twice. */
static double measured_seconds(const run_record *run)
{
    double ns = 0;
    for (size_t i = 0; i < run->n_tests; i++)
        ns += run->tests[i].answer.end_ns > 0 ? (double)run->tests[i].answer.end_ns : 0;
    return ns / 1e9;
}

void rule_foreign_load(const run_analysis *a, buf *out)
{
    const double load = run_number(a->run, -1, -1, FACT_FOREIGN_LOAD);
    if (load > FOREIGN_LOAD_MAX_PCT && measured_seconds(a->run) >= LOAD_SECONDS_MIN)
        buf_printf(out, "other processes used %.0f %% of the cores (at most %.0f %% are accepted)\n", load,
                   FOREIGN_LOAD_MAX_PCT);
}

void rule_clock(const run_analysis *a, buf *out)
{
    const double step = run_number(a->run, -1, -1, FACT_CLOCK_STEP_MS);
    const double suspended = run_number(a->run, -1, -1, FACT_SUSPENDED_MS);
    if (fabs(step) > CLOCK_STEP_MAX_MS)
        buf_printf(out, "the clock of the machine was set during the run, by %.1f s\n", step / 1000);
    if (suspended > SUSPENDED_MAX_MS)
        buf_printf(out, "the machine was suspended during the run, for %.1f s\n", suspended / 1000);
}
