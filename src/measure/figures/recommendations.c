/* recommendations.c - what was measured too thinly, and the table of all rules. */
#include "figures/recommendations.h"

#include <math.h>

#include "figures/recommendation_rules.h"

enum { REPEATS_MIN = 3 };

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
    {"offloading-loss", advise_no_loss},
    {"repeat-penalty",  advise_penalty},
    {"quality",         advise_quality},
    {"all-in-vram",     advise_all_in_vram},
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
