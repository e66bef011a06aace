/* run_status.c - the rules in one table, the most serious first. */
#include "figures/run_status.h"

#include <math.h>
#include <string.h>

#include "figures/run_rules.h"
#include "figures/stress/stress_analysis.h"
#include "figures/warmup.h"

static const double PACE_MIN = 0.9, WARMUP_DIFFERENCE_MAX = 0.02;

#define STATUS_NAME(name, text) text,
static const char *const NAMES[] = {RUN_STATUS_TABLE(STATUS_NAME)};
#undef STATUS_NAME

const char *run_status_name(run_status status)
{
    return NAMES[status];
}

int run_status_from_name(const char *name)
{
    for (int i = 0; i < N_RUN_STATUS; i++) {
        if (strcmp(name, NAMES[i]) == 0)
            return i;
    }
    return -1;
}

/* ---- complete ------------------------------------------------------------------------------------------------------
 */

static void rule_missing(const run_analysis *a, buf *out)
{
    int n = 0;
    for (size_t i = 0; i < a->run->n_tests; i++)
        n += !a->run->tests[i].is_warmup;
    if (n < a->run->info.n_planned)
        buf_printf(out, "%d of %d tests are missing\n", a->run->info.n_planned - n, a->run->info.n_planned);
}

/* Stages of a stress run that did not come to their end. */
static void rule_missing_stages(const run_analysis *a, buf *out)
{
    const stage_record *first = NULL;
    int n = 0;
    for (size_t i = 0; i < a->run->n_stages; i++) {
        const stage_record *const s = &a->run->stages[i];
        if (stage_is_over(s->ending))
            continue;
        first = n++ == 0 ? s : first;
    }
    if (n == 0)
        return;
    buf_printf(out, "%d of %zu stages did not come to their end, first ", n, a->run->n_stages);
    rule_quote(out, first->suite);
    buf_puts(out, ", ");
    rule_quote(out, first->name);
    buf_printf(out, " (%s)\n", stage_ending_name(first->ending));
}

static void rule_failed_tests(const run_analysis *a, buf *out)
{
    int n_failed = 0;
    const test_record *first = NULL;
    for (size_t i = 0; i < a->run->n_tests; i++) {
        const test_record *const t = &a->run->tests[i];
        if (t->is_warmup || t->answer.status == TEST_COMPLETED || t->answer.status == TEST_CANCELED)
            continue; // only a client that left as it was planned is stored as canceled
        first = n_failed++ == 0 ? t : first;
    }
    if (n_failed == 0)
        return;
    buf_printf(out, "%d test%s failed%s ", n_failed, n_failed == 1 ? "" : "s", n_failed == 1 ? ":" : ", first");
    rule_quote(out, first->plan.name);
    buf_printf(out, " (%s)\n", test_status_name(first->answer.status));
}

static void put_model(const subject_analysis *s, buf *out)
{
    buf_puts(out, "model ");
    rule_quote(out, s->subject->name);
    buf_puts(out, ": ");
}

/* Criteria of a stress run that were measured and are not met; what was too short, or took no effect, is said with its
 * verdict. */
static void rule_stress_criteria(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const stress_analysis *const x = a->subjects[i].stress;
        for (size_t k = 0; x != NULL && k < x->n_judgements; k++) {
            if (x->judgements[k].verdict != STRESS_NOT_MET)
                continue;
            put_model(&a->subjects[i], out);
            buf_printf(out, "criterion %s is not met: %s\n", x->judgements[k].criterion->id, x->judgements[k].found);
        }
    }
}

/* ---- steady, and enough ------------------------------------------------------------------------------------------ */

/* The interval must be below the limit: an answer or two that slow down prove nothing. */
static void rule_pace(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const subject_analysis *const s = &a->subjects[i];
        if (!(s->steadiness_high < PACE_MIN))
            continue;
        put_model(s, out);
        buf_printf(out, "the last quarter of answers has %.2f of the pace of the first (95 %%: %.2f to %.2f)\n",
                   s->steadiness, s->steadiness_low, s->steadiness_high);
    }
}

static void rule_warmup(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const double difference = warmup_difference(a->run, (int)i);
        if (!(fabs(difference) >= WARMUP_DIFFERENCE_MAX))
            continue;
        put_model(&a->subjects[i], out);
        buf_printf(out, "the rate still changed by %.1f %% over the last two thirds of the warm-up\n",
                   100 * difference);
    }
}

static void rule_short_window(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const load_figures *const load = &a->subjects[i].modes[MODE_STREAM].load;
        if (!load->is_window_short)
            continue;
        put_model(&a->subjects[i], out);
        buf_printf(out, "%d requests ran at a time for only %.0f %% of the run\n", load->concurrency_max,
                   100 * load->window_share);
    }
}

/* ---- notes ------------------------------------------------------------------------------------------------------- */

static void note_sessions(const run_analysis *a, buf *out)
{
    if (a->run->info.n_sessions > 1)
        buf_printf(out, "note: the run was resumed; %d server processes or sessions answered\n",
                   a->run->info.n_sessions);
}

static void note_emulated(const run_analysis *a, buf *out)
{
    if (run_is_emulated(a->run))
        buf_puts(out, "note: a GPU was emulated: figures of an emulated device say nothing of speed, and are never "
                      "ranked\n");
}

static void note_no_rate(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const run_summary *const streamed = &a->subjects[i].modes[MODE_STREAM];
        if (streamed->n_completed == 0 || streamed->n_without_decode < streamed->n_completed)
            continue;
        buf_puts(out, "note: no answer of ");
        rule_quote(out, a->subjects[i].subject->name);
        buf_puts(out, " is long enough, or in events that are fine enough, for a decode rate\n");
    }
}

static void note_unverified(const run_analysis *a, buf *out)
{
    const run_record *const run = a->run;
    for (size_t i = 0; i < run->n_servers; i++) {
        const server_record *const s = &run->servers[i];
        const fact_record *const place = run_fact(run, s->subject, (int)i, FACT_EXPERTS_VERIFIED);
        const fact_record *const source = run_fact(run, s->subject, (int)i, FACT_TEMPERATURE_SOURCE);
        if (s->side == SIDE_OFFLOADED && place != NULL && strcmp(place->text, "not known") == 0)
            buf_puts(out, "note: where the experts are is not verified\n");
        if (source != NULL && strcmp(source->text, "not verified") == 0)
            buf_puts(out, "note: the sampling temperature in effect is not verified\n");
    }
}

/* ---- the status -------------------------------------------------------------------------------------------------- */

static const struct {
    run_status status;
    void (*find)(const run_analysis *a, buf *out);
    bool is_of_tests; // it compares tests that are alike, which the stages of a stress run are not
} RULES[] = {
    // clang-format off
    {RUN_ABORTED, rule_missing, false},
    {RUN_ABORTED, rule_missing_stages, false},
    {RUN_INVALID, rule_placement, false},
    {RUN_INVALID, rule_model, false},
    {RUN_INVALID, rule_context, false},
    {RUN_INVALID, rule_cold_cache, false},
    {RUN_INVALID, rule_temperature, false},
    {RUN_INVALID, rule_seed, false},
    {RUN_INVALID, rule_other_server, false},
    {RUN_INVALID, rule_no_tokens, false},
    {RUN_INVALID, rule_foreign_load, false},
    {RUN_INVALID, rule_clock, false},
    {RUN_FAILED_THRESHOLD, rule_failed_tests, false},
    {RUN_FAILED_THRESHOLD, rule_stress_criteria, false},
    {RUN_NOT_STEADY, rule_pace, true},
    {RUN_NOT_STEADY, rule_warmup, true},
    {RUN_INCONCLUSIVE, rule_short_window, true},
    {RUN_OK, note_sessions, false},
    {RUN_OK, note_emulated, false},
    {RUN_OK, note_no_rate, true},
    {RUN_OK, note_unverified, false},
    // clang-format on
};

run_status run_status_of(const run_analysis *analysis, buf *reasons)
{
    run_status status = RUN_OK;
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        const size_t before = reasons->size;
        if (RULES[i].is_of_tests && analysis->run->n_stages > 0)
            continue;
        RULES[i].find(analysis, reasons);
        if (reasons->size > before && status == RUN_OK)
            status = RULES[i].status;
    }
    return status;
}
