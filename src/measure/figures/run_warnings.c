/* run_warnings.c - one function for each warning, in a table. */
#include "figures/run_warnings.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

static const double SCHEDULE_DELAY_MAX_MS = 100;

__attribute__((format(printf, 2, 3))) static void say(run_warning *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(w->sentence, sizeof w->sentence, format, args);
    va_end(args);
    utf8_replace_invalid(w->sentence, strlen(w->sentence)); // what is quoted may have been cut within a character
}

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

/* ---- of the run -------------------------------------------------------------------------------------------------- */

static void warn_incomplete(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)s;
    const char *const status = a->run->info.status;
    if (strcmp(status, "running") == 0 || strcmp(status, "aborted") == 0)
        say(w, "The run is not complete; spillway bench --resume continues it.");
}

static void warn_resumed(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)s;
    if (a->run->info.n_sessions > 1)
        say(w, "The run was resumed: %d server processes or sessions answered, and each of them was cold at first.",
            a->run->info.n_sessions);
}

/* ---- of a model -------------------------------------------------------------------------------------------------- */

static void warn_none_completed(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    if (s->modes[MODE_STREAM].n_rows > 0 && s->modes[MODE_STREAM].n_completed == 0)
        say(w, "No test completed: the figures mean nothing.");
}

static void warn_counted_events(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    int n = 0;
    for (size_t i = 0; i < s->modes[MODE_STREAM].n_rows; i++)
        n += s->modes[MODE_STREAM].rows[i].metrics.counted_events &&
             s->modes[MODE_STREAM].rows[i].test->answer.status == TEST_COMPLETED;
    if (n > 0)
        say(w,
            "The server sent no token counts, or zero, for %d answer%s (*): events were counted, so that these "
            "rates are too low if an event holds several tokens.",
            n, plural(n));
}

/* Returns true if the rate counts events although the server counted more tokens. */
static bool may_mislead(const summary_row *row)
{
    const test_metrics *const m = &row->metrics;
    return row->test->answer.status == TEST_COMPLETED && m->decode == DECODE_MEASURED && m->decode_by_events &&
           !m->counted_events;
}

/* Two readings: the other tokens came before the first text, or several came in one event.  Only the server knows. */
static void warn_events(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    int n = 0;
    double n_tokens = 0, n_events = 0;
    for (size_t i = 0; i < s->modes[MODE_STREAM].n_rows; i++) {
        const summary_row *const row = &s->modes[MODE_STREAM].rows[i];
        if (!may_mislead(row))
            continue;
        n++;
        n_tokens += (double)row->metrics.n_tokens;
        n_events += (double)row->test->answer.n_arrivals;
    }
    if (n > 0)
        say(w,
            "%d answer%s (~) came in %.0f events, and the server counts %.0f tokens without saying which came when. "
            "Decode rates and gaps are those of events: right if the other tokens came before the first text (a "
            "header), up to %.0f %% too slow if events hold several.",
            n, plural(n), n_events, n_tokens, 100 * (n_tokens / n_events - 1));
}

static void warn_no_decode(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    int n_by_verdict[DECODE_WHOLE + 1] = {0};
    const run_summary *const streamed = &s->modes[MODE_STREAM];
    for (size_t i = 0; i < streamed->n_rows; i++) {
        if (streamed->rows[i].test->answer.status == TEST_COMPLETED)
            n_by_verdict[streamed->rows[i].metrics.decode]++;
    }
    if (streamed->n_without_decode == 0)
        return;
    char why[200] = "";
    for (int verdict = DECODE_NO_GAP; verdict < DECODE_WHOLE; verdict++) {
        const size_t used = strlen(why);
        if (n_by_verdict[verdict] > 0)
            snprintf(why + used, sizeof why - used, "%s%d: %s", used > 0 ? "; " : "", n_by_verdict[verdict],
                     metrics_decode_reason((decode_verdict)verdict));
    }
    say(w, "%d of %d answers have no decode rate (-)%s (%s).", streamed->n_without_decode, streamed->n_completed,
        streamed->n_without_decode < streamed->n_completed ? ", and the rate of the run is that of the others" : "",
        why);
}

static void warn_degenerate(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    const int n = s->modes[MODE_STREAM].n_degenerate;
    if (n > 0)
        say(w, "%d answer%s (!) repeat%s: read before you trust the model.", n, plural(n),
            n == 1 ? "s itself" : " themselves");
}

static void warn_stalls(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    const run_summary *const streamed = &s->modes[MODE_STREAM];
    if (streamed->n_stalls > 0)
        say(w, "The stream stalled %zu time%s, for up to %.1f s.", streamed->n_stalls, plural((int)streamed->n_stalls),
            streamed->stall_max_ms / 1000);
}

static void warn_warm_prefix(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    const run_summary *const streamed = &s->modes[MODE_STREAM];
    const int n = (int)streamed->ttft_warm_ms.n;
    if (n > 0)
        say(w, "%d first token%s (w) had a warm prefix: %" PRId64 " of %" PRId64 " prompt tokens were cached.", n,
            plural(n), streamed->n_cached_tokens, streamed->n_prompt_tokens);
}

static void warn_late_client(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    const double delay = s->modes[MODE_STREAM].schedule_delay_ms.max;
    if (delay > SCHEDULE_DELAY_MAX_MS)
        say(w,
            "The benchmark sent a request %.0f ms later than its schedule wanted: times from the schedule include "
            "that.",
            delay);
}

static void warn_computed(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    if (s->memory.kind == SAVING_COMPUTED)
        say(w, "The saving of VRAM is computed from the file, not measured.");
}

/* The server that says why comes last, as in a resumed run. */
static void warn_no_memory(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    const char *note = "its process is not on this machine, not visible, or not known as a model server (a proxy holds "
                       "no model)";
    if (s->modes[MODE_STREAM].n_rows == 0 || s->modes[MODE_STREAM].has_memory)
        return;
    for (size_t i = 0; i < a->run->n_servers; i++) {
        const fact_record *const f = run_fact(a->run, s->index, (int)i, FACT_WATCH_NOTE);
        note = f != NULL && f->text[0] != '\0' ? f->text : note;
    }
    say(w, "The server's memory was not measured: %.300s.", note);
}

static void warn_p_values(const run_analysis *a, const subject_analysis *s, run_warning *w)
{
    (void)a;
    if (s->experts.p_value_unit != NULL && strcmp(s->experts.p_value_unit, "tokens") == 0)
        say(w,
            "The p-values of experts exchange tokens between tests, because repetitions are equal or missing; tokens "
            "resemble their neighbours, so that differences are found too easily.");
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *id;
    bool is_of_run;
    void (*warn)(const run_analysis *a, const subject_analysis *s, run_warning *w);
} WARNINGS[] = {
    // clang-format off
    {"incomplete", true, warn_incomplete},
    {"resumed", true, warn_resumed},
    {"none-completed", false, warn_none_completed},
    {"counted-events", false, warn_counted_events},
    {"events-are-not-tokens", false, warn_events},
    {"no-decode-rate", false, warn_no_decode},
    {"repetition", false, warn_degenerate},
    {"stalls", false, warn_stalls},
    {"warm-prefix", false, warn_warm_prefix},
    {"late-client", false, warn_late_client},
    {"computed-saving", false, warn_computed},
    {"no-memory", false, warn_no_memory},
    {"p-values-of-tokens", false, warn_p_values},
    // clang-format on
};

enum { N_WARNINGS = sizeof WARNINGS / sizeof WARNINGS[0] };

/* Appends warning k of each model; one that is the same for all of several models is said once. */
static void add_of_models(const run_analysis *a, size_t k, run_warnings *out)
{
    const size_t first = out->n;
    bool is_same = true;
    for (size_t i = 0; i < a->n_subjects; i++) {
        run_warning *const w = &out->items[out->n];
        *w = (run_warning){.id = WARNINGS[k].id, .subject = (int)i};
        WARNINGS[k].warn(a, &a->subjects[i], w);
        out->n += w->sentence[0] != '\0';
        is_same &= strcmp(w->sentence, out->items[first].sentence) == 0;
    }
    if (is_same && out->n - first > 1) {
        out->n = first + 1;
        out->items[first].subject = -1;
    }
}

sw_code run_warnings_of(const run_analysis *analysis, run_warnings *out, sw_err *err)
{
    *out = (run_warnings){0};
    out->items = mem_calloc(N_WARNINGS * (analysis->n_subjects + 1) + 1, sizeof *out->items);
    if (out->items == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the warnings of a run");
    for (size_t k = 0; k < N_WARNINGS; k++) {
        if (!WARNINGS[k].is_of_run) {
            add_of_models(analysis, k, out);
            continue;
        }
        run_warning *const w = &out->items[out->n];
        *w = (run_warning){.id = WARNINGS[k].id, .subject = -1};
        WARNINGS[k].warn(analysis, NULL, w);
        out->n += w->sentence[0] != '\0';
    }
    return SW_OK;
}

void run_warnings_free(run_warnings *warnings)
{
    mem_free(warnings->items);
    *warnings = (run_warnings){0};
}
