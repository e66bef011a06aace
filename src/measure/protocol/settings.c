/* settings.c - puts settings into a protocol, and writes what is then another as people read it. */
#include "protocol/settings.h"

#include <math.h>

#define SETTING_ROW(name, text, unit, min, max) {text, unit, min, max},
const setting_row SETTING_ROWS[N_SETTINGS] = {SETTING_TABLE(SETTING_ROW)};
#undef SETTING_ROW

bench_settings settings_none(void)
{
    bench_settings none;
    for (int i = 0; i < N_SETTINGS; i++)
        none.v[i] = NAN;
    return none;
}

/* ---- differences ------------------------------------------------------------------------------------------------- */

/* The settings of a protocol by their ids. */
static bench_settings settings_of(const protocol_settings *s)
{
    return (bench_settings){.v = {
                                [SETTING_REPEAT] = s->n_repeats,
                                [SETTING_PAUSE] = s->pause_s,
                                [SETTING_TEMPERATURE] = s->temperature,
                                [SETTING_SEED] = (double)s->seed,
                                [SETTING_MODES] = s->modes,
                                [SETTING_CONCURRENCY] = s->concurrency,
                                [SETTING_ARRIVALS] = s->arrivals,
                                [SETTING_RATE] = s->rate,
                                [SETTING_BURSTINESS] = s->burstiness,
                                [SETTING_WARMUP] = s->warmup,
                                [SETTING_WARMUP_REQUESTS] = s->warmup_requests,
                                [SETTING_TIME_BUDGET] = s->time_budget_s,
                                [SETTING_SLO_TTFT] = s->slo_ttft_ms,
                                [SETTING_SLO_TPOT] = s->slo_tpot_ms,
                                [SETTING_SLO_ITL_P99] = s->slo_itl_p99_ms,
                                [SETTING_SLO_E2E] = s->slo_e2e_ms,
                            }};
}

static void put_modes(buf *out, unsigned modes)
{
    const char *separator = "";
    for (int mode = 0; mode < MODE_SWEEP; mode++) {
        if ((modes & 1u << mode) != 0) {
            buf_printf(out, "%s%s", separator, test_mode_name((test_mode)mode));
            separator = ",";
        }
    }
}

static void put_value(buf *out, int id, double value)
{
    if (isnan(value))
        buf_puts(out, "none");
    else if (id == SETTING_MODES)
        put_modes(out, (unsigned)value);
    else if (id == SETTING_ARRIVALS)
        buf_puts(out, SETTINGS_ARRIVALS[(int)value]);
    else if (id == SETTING_WARMUP)
        buf_puts(out, SETTINGS_WARMUPS[(int)value]);
    else
        buf_printf(out, "%.16g%s", value, SETTING_ROWS[id].unit);
}

static void put_difference(buf *out, int id, double now, double before)
{
    const bool is_equal = !(now < before || now > before) && !isnan(before);
    if (isnan(now) || is_equal)
        return;
    buf_printf(out, "%s ", SETTING_ROWS[id].name);
    put_value(out, id, now);
    buf_puts(out, " in place of ");
    put_value(out, id, before);
    buf_putc(out, '\n');
}

/* ---- into a protocol --------------------------------------------------------------------------------------------- */

/* Returns the name of the first of these that a flag set, or NULL. */
static const char *first_given(const bench_settings *flags, const setting_id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isnan(flags->v[ids[i]]))
            return SETTING_ROWS[ids[i]].name;
    }
    return NULL;
}

/* Refuses what would change nothing, and an open loop without its figures. */
static sw_code check(const bench_settings *flags, const protocol_settings *s, bool has_warmup, sw_err *err)
{
    static const setting_id OF_WARMUP[] = {SETTING_WARMUP, SETTING_WARMUP_REQUESTS};
    const bool is_open = s->arrivals != ARRIVALS_CLOSED;
    const char *const warmup = first_given(flags, OF_WARMUP, 2);
    if (!is_open && !isnan(flags->v[SETTING_RATE]))
        return sw_fail(err, SW_EINVAL,
                       "--rate has no effect in a closed loop, whose next request waits for an answer; "
                       "name the arrivals with --arrivals");
    if (s->arrivals != ARRIVALS_GAMMA && !isnan(flags->v[SETTING_BURSTINESS]))
        return sw_fail(err, SW_EINVAL, "--burstiness is the shape of --arrivals gamma, not of %s",
                       SETTINGS_ARRIVALS[s->arrivals]);
    if (is_open && !(s->rate > 0))
        return sw_fail(err, SW_EINVAL, "--arrivals %s needs --rate, the requests per second",
                       SETTINGS_ARRIVALS[s->arrivals]);
    if (s->arrivals == ARRIVALS_GAMMA && !(s->burstiness > 0))
        return sw_fail(err, SW_EINVAL, "--arrivals gamma needs --burstiness, the shape of its gaps");
    if (is_open && !isnan(flags->v[SETTING_ARRIVALS]) && isnan(flags->v[SETTING_CONCURRENCY]))
        return sw_fail(err, SW_EINVAL, "--arrivals %s needs --concurrency: %s", SETTINGS_ARRIVALS[s->arrivals],
                       s->arrivals == ARRIVALS_BURST ? "the requests of a burst"
                                                     : "how many requests may be under way at once");
    if (is_open && !isnan(flags->v[SETTING_PAUSE]))
        return sw_fail(err, SW_EINVAL, "--pause has no effect with --arrivals %s, whose schedule is fixed",
                       SETTINGS_ARRIVALS[s->arrivals]);
    if (!has_warmup && warmup != NULL)
        return sw_fail(err, SW_EINVAL, "the protocol has no warm-up, so that '%s' has no effect", warmup);
    if (s->warmup == WARMUP_STEADY && s->warmup_requests < 1)
        return sw_fail(err, SW_EINVAL, "--warmup steady needs at least one request, see --warmup-requests");
    return SW_OK;
}

/* Values from flags are whole where they must be: the command line and the stored options check that. */
static void replace(const bench_settings *flags, protocol_settings *s)
{
    bench_settings all = settings_of(s);
    for (int i = 0; i < N_SETTINGS; i++) {
        if (!isnan(flags->v[i]))
            all.v[i] = flags->v[i];
    }
    *s = (protocol_settings){
        .n_repeats = (int)all.v[SETTING_REPEAT],
        .pause_s = all.v[SETTING_PAUSE],
        .temperature = all.v[SETTING_TEMPERATURE],
        .seed = isnan(flags->v[SETTING_SEED]) ? s->seed : (int64_t)flags->v[SETTING_SEED],
        .modes = (unsigned)all.v[SETTING_MODES],
        .concurrency = (int)all.v[SETTING_CONCURRENCY],
        .arrivals = (arrival_process)all.v[SETTING_ARRIVALS],
        .rate = all.v[SETTING_RATE],
        .burstiness = all.v[SETTING_BURSTINESS],
        .warmup = (warmup_rule)all.v[SETTING_WARMUP],
        .warmup_requests = (int)all.v[SETTING_WARMUP_REQUESTS],
        .time_budget_s = all.v[SETTING_TIME_BUDGET],
        .slo_ttft_ms = all.v[SETTING_SLO_TTFT],
        .slo_tpot_ms = all.v[SETTING_SLO_TPOT],
        .slo_itl_p99_ms = all.v[SETTING_SLO_ITL_P99],
        .slo_e2e_ms = all.v[SETTING_SLO_E2E],
    };
}

/* A flag replaces what single tests say too; such a test has a line of its own if it said something else. */
static void replace_in_plan(const bench_settings *flags, const protocol_settings *before, test_plan *plan, buf *out)
{
    const double temperature = flags->v[SETTING_TEMPERATURE], seed = flags->v[SETTING_SEED];
    if (!isnan(temperature)) {
        const bool is_own = plan->temperature < before->temperature || plan->temperature > before->temperature;
        const bool differs = plan->temperature < temperature || plan->temperature > temperature;
        if (is_own && differs)
            buf_printf(out, "temperature %g in place of %g in '%s'\n", temperature, plan->temperature, plan->name);
        plan->temperature = temperature;
    }
    if (!isnan(seed)) {
        if (plan->seed != before->seed && plan->seed != (int64_t)seed)
            buf_printf(out, "seed %.16g in place of %lld in '%s'\n", seed, (long long)plan->seed, plan->name);
        plan->seed = (int64_t)seed;
    }
}

sw_code settings_apply(const bench_settings *flags, bench_protocol *p, buf *differences, sw_err *err)
{
    const protocol_settings before = p->settings;
    const bench_settings was = settings_of(&before);
    replace(flags, &p->settings);
    const sw_code code = check(flags, &p->settings, p->has_warmup, err);
    if (code != SW_OK)
        return code;
    for (int i = 0; i < N_SETTINGS; i++)
        put_difference(differences, i, flags->v[i], was.v[i]);
    for (size_t i = 0; i < p->n_tests; i++)
        replace_in_plan(flags, &before, &p->tests[i].plan, differences);
    if (p->has_warmup)
        replace_in_plan(flags, &before, &p->warmup, differences);
    return differences->failed == SW_OK ? SW_OK : sw_fail(err, differences->failed, "out of memory for the settings");
}
