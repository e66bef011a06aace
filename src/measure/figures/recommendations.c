/* recommendations.c - one function for each rule, in a table. */
#include "figures/recommendations.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { REPEATS_MIN = 3 };
static const double EXPERT_SHARE_MIN = 0.3; // of the bytes of a token: fewer, and smaller experts gain little

/* What a rule looks at. */
typedef struct situation {
    const run_analysis *run;
    const subject_analysis *subject;
    const criteria_list *criteria;
    double n_threads; // of the server that answered; NAN: not told
} situation;

/* Sets a text of a recommendation; a name may be cut, but never inside a character. */
#define SAY(field, ...) say(field, sizeof(field), __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static void say(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(out, size, format, args);
    va_end(args);
    utf8_replace_invalid(out, strlen(out));
}

static const criterion_row *failed_row(const situation *s, const char *id)
{
    for (size_t i = 0; i < s->criteria->n; i++) {
        const criterion_row *const row = &s->criteria->rows[i];
        if (row->subject == s->subject->index && row->verdict == CRITERION_FAILED && strcmp(row->id, id) == 0)
            return row;
    }
    return NULL;
}

/* ---- what disturbs ----------------------------------------------------------------------------------------------- */

static bool advise_less_memory(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_SWAP)
        return false;
    SAY(r->change, "serve --kv-type q8_0, or a smaller --ctx-size");
    SAY(r->effect, "keys and values take about half the memory, or as much less as the context is shorter, and the "
                   "server's pages stay in RAM");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

static bool advise_cooling(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_THROTTLING)
        return false;
    SAY(r->change, "better cooling, or fewer serve --threads");
    SAY(r->effect, "the processor keeps its frequency through long answers");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

static bool advise_idle_machine(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_FOREIGN_LOAD)
        return false;
    SAY(r->change, "end other programs, and measure again");
    SAY(r->effect, "the rates are those of the model; now they are those of what the other programs leave");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

/* ---- what limits ------------------------------------------------------------------------------------------------- */

static bool advise_smaller_weights(const situation *s, recommendation *r)
{
    const speed_cause *const c = &s->subject->cause;
    const double share = c->token_expert_bytes / c->token_bytes;
    if (c->which != BOTTLENECK_BANDWIDTH || !(share >= EXPERT_SHARE_MIN))
        return false;
    SAY(r->change, "spillway quantize --experts Q4_0, if the file's experts are larger than that");
    SAY(r->effect, "a token reads fewer bytes: with experts of half the size, up to %.0f %% more tokens a second",
        100 * (1 / (1 - share / 2) - 1));
    SAY(r->evidence, "%s; %.0f %% of the bytes are of experts", c->why, 100 * share);
    return true;
}

static bool advise_more_threads(const situation *s, recommendation *r)
{
    const int n_cores = s->run->run->info.n_cores;
    if (s->subject->cause.which != BOTTLENECK_COMPUTE || !(s->n_threads < n_cores))
        return false;
    SAY(r->change, "serve --threads %d", n_cores);
    SAY(r->effect, "up to %.1f times the rate, as far as the memory can follow", n_cores / s->n_threads);
    SAY(r->evidence, "%.0f of %d cores compute; %s", s->n_threads, n_cores, s->subject->cause.why);
    return true;
}

static bool advise_fewer_threads(const situation *s, recommendation *r)
{
    const int n_cores = s->run->run->info.n_cores;
    const bool is_here = !isnan(s->subject->cause.server_cpu_share); // else these may be the cores of another machine
    if (!is_here || n_cores <= 0 || !(s->n_threads > n_cores))
        return false;
    SAY(r->change, "serve --threads %d", n_cores);
    SAY(r->effect, "threads no longer wait for a core while the others wait for them");
    SAY(r->evidence, "%.0f threads compute on %d cores", s->n_threads, n_cores);
    return true;
}

static bool advise_thread_search(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_OVERHEAD || !(s->n_threads > 1))
        return false;
    SAY(r->change, "fewer serve --threads; spillway perf --threads 1,2,4 shows how many are best");
    SAY(r->effect, "threads of a small model spend less time waiting for each other");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

/* ---- what failed ------------------------------------------------------------------------------------------------- */

static bool advise_offloading(const situation *s, recommendation *r)
{
    const criterion_row *const row = failed_row(s, "loads-offloaded");
    if (row == NULL || s->subject->modes[MODE_STREAM].n_completed == 0)
        return false;
    SAY(r->change, "serve --cpu-moe");
    SAY(r->effect, "all experts are in RAM, and the GPU holds the rest");
    SAY(r->evidence, "%s", row->found);
    return true;
}

static bool advise_penalty(const situation *s, recommendation *r)
{
    const criterion_row *row = failed_row(s, "no-loops");
    row = row != NULL ? row : failed_row(s, "no-repetition");
    if (row == NULL)
        return false;
    SAY(r->change, "run --repeat-penalty 1.1, or repeat_penalty 1.1 in requests to the server");
    SAY(r->effect, "tokens of the last sentences become less likely; whether marks suffer, the checks show");
    SAY(r->evidence, "%s: %s", row->id, row->found);
    return true;
}

/* ---- what was measured too thinly -------------------------------------------------------------------------------- */

static bool advise_repetitions(const situation *s, recommendation *r)
{
    const run_summary *const m = &s->subject->modes[MODE_STREAM];
    int n = 0;
    for (size_t i = 0; i < m->n_tests; i++)
        n = m->tests[i].n_asked > n ? m->tests[i].n_asked : n;
    if (n == 0 || n >= REPEATS_MIN)
        return false;
    SAY(r->change, "bench --repeat %d", REPEATS_MIN);
    SAY(r->effect, "means of the repetitions have 95 %% intervals");
    SAY(r->evidence, "every test was asked %d time%s in each mode", n, n == 1 ? "" : "s");
    return true;
}

static bool advise_process(const situation *s, recommendation *r)
{
    const run_record *const run = s->run->run;
    bool is_given = false;
    for (size_t i = 0; i < run->n_servers; i++)
        is_given |= run->servers[i].subject == s->subject->index && run->servers[i].side == SIDE_GIVEN;
    if (!is_given || s->subject->modes[MODE_STREAM].n_completed == 0 || s->subject->modes[MODE_STREAM].has_memory)
        return false;
    SAY(r->change, "bench --server-pid PID, with the server on this machine");
    SAY(r->effect, "its memory and processor time are measured, and the bottleneck can be named");
    SAY(r->evidence, "nothing was sampled of the server");
    return true;
}

static const struct {
    const char *id;
    bool (*advise)(const situation *s, recommendation *r);
} RULES[] = {
    // clang-format off
    {"idle-machine",    advise_idle_machine},
    {"less-memory",     advise_less_memory},
    {"cooling",         advise_cooling},
    {"offloading",      advise_offloading},
    {"repeat-penalty",  advise_penalty},
    {"smaller-weights", advise_smaller_weights},
    {"more-threads",    advise_more_threads},
    {"fewer-threads",   advise_fewer_threads},
    {"thread-search",   advise_thread_search},
    {"repetitions",     advise_repetitions},
    {"server-process",  advise_process},
    // clang-format on
};

_Static_assert(sizeof RULES / sizeof *RULES <= RECOMMENDATIONS_MAX, "every rule may hold");

/* Of the model's server that does not serve as the reference; the latest that tells. */
static double threads_of(const run_record *run, int subject)
{
    double n = NAN;
    for (size_t i = 0; i < run->n_servers; i++) {
        const double told = run_number(run, subject, (int)i, FACT_N_THREADS);
        if (run->servers[i].subject == subject && run->servers[i].side != SIDE_REFERENCE && !isnan(told))
            n = told;
    }
    return n;
}

void recommendations_of(const run_analysis *analysis, const criteria_list *criteria, int subject,
                        recommendation_list *out)
{
    const situation s = {analysis, &analysis->subjects[subject], criteria, threads_of(analysis->run, subject)};
    out->n = 0;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        out->items[out->n] = (recommendation){.id = RULES[i].id};
        out->n += RULES[i].advise(&s, &out->items[out->n]);
    }
}
