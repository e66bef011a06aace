/* warnings.c - a table of conditions, in the order in which a reader should see them. */
#include "report/sections/warnings.h"

#include <string.h>

typedef struct warning_input {
    const run_record *run;
    const subject_analysis *subject;
    const run_summary *streamed;
} warning_input;

static bool is_incomplete(const warning_input *w)
{
    return w->run->info.finished_unix_ms == 0 || strcmp(w->run->info.status, "running") == 0 ||
           strcmp(w->run->info.status, "aborted") == 0;
}

static bool none_completed(const warning_input *w)
{
    return w->streamed->n_completed == 0;
}

static bool was_resumed(const warning_input *w)
{
    return w->run->info.n_sessions > 1;
}

static bool counted_events(const warning_input *w)
{
    return w->streamed->counted_events;
}

static bool counts_differ(const warning_input *w)
{
    return w->streamed->counts_differ;
}

static bool lacks_decode(const warning_input *w)
{
    return w->streamed->n_without_decode > 0;
}

static bool counts_decode_by_events(const warning_input *w)
{
    return w->streamed->n_decode_by_events > 0 && w->streamed->counts_differ;
}

static bool is_degenerate(const warning_input *w)
{
    return w->streamed->n_degenerate > 0;
}

static bool has_stalled(const warning_input *w)
{
    return w->streamed->n_stalls > 0;
}

static bool has_warm_prefix(const warning_input *w)
{
    for (size_t i = 0; i < w->streamed->n_rows; i++) {
        if (w->streamed->rows[i].metrics.is_warm)
            return true;
    }
    return false;
}

/* A changed fingerprint means another model or other settings in the middle of the run. */
static bool has_two_fingerprints(const warning_input *w)
{
    const char *first = "";
    for (size_t i = 0; i < w->streamed->n_rows; i++) {
        const char *const fingerprint = w->streamed->rows[i].test->answer.fingerprint;
        if (first[0] == '\0')
            first = fingerprint;
        else if (fingerprint[0] != '\0' && strcmp(first, fingerprint) != 0)
            return true;
    }
    return false;
}

static bool is_computed(const warning_input *w)
{
    return w->subject->memory.kind == SAVING_COMPUTED;
}

static bool lacks_memory(const warning_input *w)
{
    return !w->streamed->has_memory;
}

static const struct {
    bool (*applies)(const warning_input *w);
    const char *text;
} WARNINGS[] = {
    {is_incomplete, "The run is not complete; spillway bench --resume continues it."},
    {none_completed, "No test completed: the figures mean nothing."},
    {was_resumed, "The run was resumed: more than one server process answered its tests, so that the first requests of "
                  "each had a cold server."},
    {has_two_fingerprints, "The server's fingerprint changed during the run: its tests are not comparable."},
    {counted_events, "The server sent no token counts, or zero, for some answers (*); their events were counted."},
    {counts_differ,
     "The server's token counts and its events differ by more than 2 %: an event holds several tokens or "
     "none, and gaps between tokens are gaps between events, divided."},
    {lacks_decode, "At least one answer has no decode rate (-): its tokens came in too few events (fewer than half of "
                   "them) or at too few different times (fewer than 20)."},
    {counts_decode_by_events,
     "Some decode rates (~) count events: the server does not say how many tokens each event holds."},
    {is_degenerate, "At least one answer (!) repeats itself; read it before you trust the model."},
    {has_stalled, "The stream stalled: at least one gap was over a second and over ten times the median."},
    {has_warm_prefix,
     "Some first tokens were on a warm prefix (w): the server had evaluated a part of the prompt before."},
    {is_computed, "The saving of VRAM is computed from the file, not measured."},
    {lacks_memory,
     "The server's memory was not measured: its process is not on this machine, not visible, or not known "
     "as a model server (a proxy holds no model)."},
};

const char *warning_of(const run_analysis *a, const subject_analysis *s, int i)
{
    const warning_input input = {a->run, s, &s->modes[MODE_STREAM]};
    for (size_t k = 0; k < sizeof WARNINGS / sizeof *WARNINGS; k++) {
        if (WARNINGS[k].applies(&input) && i-- == 0)
            return WARNINGS[k].text;
    }
    return NULL;
}
