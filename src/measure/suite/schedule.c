/* schedule.c - lists the steps of a run, and marks those that are stored. */
#include "suite/schedule.h"

#include <stdio.h>
#include <string.h>

#include "base/strmap.h"
#include "suite/arrivals.h"

enum { KEY_BYTES = 96, VARIANT_BYTES = 40 };

typedef struct maker {
    const schedule_options *o;
    bench_schedule *out;
    arena *keep;
    int n_passes;
    const char *variants[SWEEP_VALUES_MAX];
} maker;

bool schedule_is_concurrent(const bench_step *step, const protocol_settings *s)
{
    return step->mode != MODE_COLD && (s->arrivals != ARRIVALS_CLOSED || s->concurrency > 1);
}

/* Returns true if this run asks in this mode. */
static bool has_mode(const schedule_options *o, test_mode mode)
{
    return (o->protocol->settings.modes & 1u << mode) != 0 && (mode != MODE_REFERENCE || o->has_reference);
}

static size_t count_steps(const schedule_options *o)
{
    size_t n_passes = o->sweep->n;
    for (int mode = 0; mode < MODE_SWEEP; mode++)
        n_passes += has_mode(o, (test_mode)mode);
    return n_passes * o->protocol->n_tests * (size_t)o->protocol->settings.n_repeats * (size_t)o->n_subjects;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* The step `like`, of test `index`. */
static void add_step(maker *m, bench_step like, size_t index)
{
    const protocol_test *const test = &m->o->protocol->tests[index];
    like.plan = test->plan;
    like.checks = like.mode == MODE_COLD ? NULL : test->checks; // its first tokens answer nothing
    like.index = (int)index;
    like.pass = m->n_passes;
    if (like.mode == MODE_COLD && like.plan.max_tokens > SCHEDULE_COLD_TOKENS)
        like.plan.max_tokens = SCHEDULE_COLD_TOKENS;
    m->out->steps[m->out->n++] = like;
}

/* The moments of an open loop, for the last n steps. */
static void set_offsets(maker *m, double *offsets, size_t n)
{
    const protocol_settings *const s = &m->o->protocol->settings;
    bench_step *const first = &m->out->steps[m->out->n - n];
    if (!schedule_is_concurrent(first, s))
        return;
    arrivals_make(s, (uint64_t)s->seed + 0x9e3779b97f4a7c15u * (uint64_t)(m->n_passes + 1), offsets, n);
    for (size_t i = 0; i < n; i++)
        first[i].offset_s = offsets[i];
}

/* All tests once, in one mode. */
static void add_pass(maker *m, bench_step like, double *offsets)
{
    const size_t n = m->o->protocol->n_tests;
    for (size_t i = 0; i < n; i++)
        add_step(m, like, i);
    set_offsets(m, offsets, n);
    m->n_passes++;
}

/* All tests once, each followed by its cold request. */
static void add_pass_with_cold(maker *m, bench_step like)
{
    bench_step cold = like;
    cold.mode = MODE_COLD;
    cold.is_beside = true;
    for (size_t i = 0; i < m->o->protocol->n_tests; i++) {
        add_step(m, like, i);
        add_step(m, cold, i);
    }
    m->n_passes++;
}

/* Every mode once.  Where requests overlap, a cold one among them would disturb them: it has a pass of its own. */
static void add_repeat(maker *m, bench_step like, double *offsets)
{
    const bool overlaps = schedule_is_concurrent(&like, &m->o->protocol->settings);
    const bool is_beside = has_mode(m->o, MODE_STREAM) && has_mode(m->o, MODE_COLD) && !overlaps;
    if (is_beside)
        add_pass_with_cold(m, like);
    for (int mode = 0; mode < MODE_SWEEP; mode++) {
        if (!has_mode(m->o, (test_mode)mode) || (is_beside && (mode == MODE_STREAM || mode == MODE_COLD)))
            continue;
        bench_step step = like;
        step.mode = (test_mode)mode;
        if (mode == MODE_REFERENCE)
            step.side = SIDE_REFERENCE;
        add_pass(m, step, offsets);
    }
}

/* The values alternate with every repetition too.  Each repetition has a seed of its own: the same one would give the
 * same text again. */
static void add_sweep(maker *m, bench_step like, double *offsets)
{
    like.mode = MODE_SWEEP;
    for (size_t i = 0; i < m->o->sweep->n; i++) {
        const size_t begin = m->out->n;
        like.variant = m->variants[i];
        add_pass(m, like, offsets);
        for (size_t k = begin; k < m->out->n; k++) {
            test_plan *const plan = &m->out->steps[k].plan;
            plan->temperature = m->o->sweep->values[i];
            plan->seed = plan->seed <= INT64_MAX - like.repeat ? plan->seed + like.repeat : like.repeat;
        }
    }
}

static bool name_variants(maker *m)
{
    for (size_t i = 0; i < m->o->sweep->n; i++) {
        char name[VARIANT_BYTES];
        const int n = snprintf(name, sizeof name, "temperature=%g", m->o->sweep->values[i]);
        m->variants[i] = arena_copy(m->keep, name, (size_t)n);
        if (m->variants[i] == NULL)
            return false;
    }
    return true;
}

/* ---- what is stored ---------------------------------------------------------------------------------------------- */

static size_t write_key(char key[KEY_BYTES], int subject, test_mode mode, const char *variant, int repeat, int index)
{
    const int n = snprintf(key, KEY_BYTES, "%d %d %.40s %d %d", subject, (int)mode, variant, repeat, index);
    return (size_t)n;
}

static sw_code mark_stored(maker *m, sw_err *err)
{
    const run_record *const run = m->o->stored;
    strmap steps;
    char key[KEY_BYTES];
    strmap_init(&steps);
    bool ok = true;
    for (size_t i = 0; ok && i < m->out->n; i++) {
        const bench_step *const s = &m->out->steps[i];
        const size_t n = write_key(key, s->subject, s->mode, s->variant, s->repeat, s->index);
        const char *const kept = arena_copy(m->keep, key, n);
        ok = kept != NULL && strmap_add(&steps, kept, n, (uint32_t)i) != STRMAP_NOMEM;
    }
    for (size_t i = 0; ok && i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        const size_t n = write_key(key, t->subject, t->mode, t->variant, t->repeat, t->index);
        const int64_t at = t->is_warmup ? -1 : strmap_find(&steps, key, n);
        if (at >= 0)
            m->out->steps[at].is_stored = true;
    }
    strmap_free(&steps);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the steps of the run");
}

sw_code schedule_make(bench_schedule *out, const schedule_options *o, arena *keep, sw_err *err)
{
    *out = (bench_schedule){0};
    maker m = {.o = o, .out = out, .keep = keep};
    const size_t n = count_steps(o);
    if (n > SCHEDULE_STEPS_MAX)
        return sw_fail(err, SW_ELIMIT, "the run would have %zu tests, at most %d are taken: ask for fewer repetitions",
                       n, (int)SCHEDULE_STEPS_MAX);
    out->steps = arena_alloc(keep, (n + 1) * sizeof *out->steps);
    double *const offsets = arena_alloc(keep, (o->protocol->n_tests + 1) * sizeof *offsets);
    if (out->steps == NULL || offsets == NULL || !name_variants(&m))
        return sw_fail(err, SW_ENOMEM, "out of memory for the steps of the run");
    for (int subject = 0; subject < o->n_subjects; subject++) {
        bench_step like = {.subject = subject, .side = o->side, .mode = MODE_STREAM, .variant = ""};
        for (; like.repeat < o->protocol->settings.n_repeats; like.repeat++)
            add_repeat(&m, like, offsets);
        for (like.repeat = 0; like.repeat < o->protocol->settings.n_repeats; like.repeat++)
            add_sweep(&m, like, offsets);
    }
    return o->stored != NULL ? mark_stored(&m, err) : SW_OK;
}
