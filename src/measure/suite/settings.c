/* settings.c - reads settings, writes them as people read them, and puts them into a protocol. */
#include "suite/settings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETTING_ROW(name, text, unit, min, max) {text, unit, min, max},
const setting_row SETTING_ROWS[N_SETTINGS] = {SETTING_TABLE(SETTING_ROW)};
#undef SETTING_ROW

static const char *const ARRIVALS[] = {"closed", "constant", "poisson", "gamma", "burst", NULL};
static const char *const WARMUPS[] = {"fixed", "steady", NULL};

enum { N_RUN_MODES = MODE_SWEEP }; // a sweep has values of its own and is no mode to ask for

bench_settings settings_none(void)
{
    bench_settings none;
    for (int i = 0; i < N_SETTINGS; i++)
        none.v[i] = NAN;
    return none;
}

/* ---- from texts ------------------------------------------------------------------------------------------------- */

/* One of `names` as its position. */
static sw_code read_choice(double *out, const char *option, const char *const *names, const char *text, sw_err *err)
{
    buf possible;
    buf_init(&possible, 256);
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            buf_free(&possible);
            return SW_OK;
        }
        buf_printf(&possible, "%s%s", i == 0 ? "" : names[i + 1] == NULL ? " or " : ", ", names[i]);
    }
    const sw_code code = sw_fail(err, SW_EINVAL, "%s takes %s, not '%.60s'", option, buf_str(&possible), text);
    buf_free(&possible);
    return code;
}

sw_code settings_read_arrivals(bench_settings *settings, const char *text, sw_err *err)
{
    return read_choice(&settings->v[SETTING_ARRIVALS], "--arrivals", ARRIVALS, text, err);
}

sw_code settings_read_warmup(bench_settings *settings, const char *text, sw_err *err)
{
    return read_choice(&settings->v[SETTING_WARMUP], "--warmup", WARMUPS, text, err);
}

/* Copies the piece of a list that begins at *p to `word`, and moves *p behind its comma; returns false at the end. */
static bool next_word(const char **p, char *word, size_t size)
{
    if (*p == NULL)
        return false;
    const size_t n = strcspn(*p, ",");
    const size_t kept = n < size ? n : size - 1;
    memcpy(word, *p, kept);
    word[kept] = '\0';
    *p = (*p)[n] == ',' ? *p + n + 1 : NULL;
    return true;
}

sw_code settings_read_modes(bench_settings *settings, const char *text, sw_err *err)
{
    unsigned modes = 0;
    char word[32];
    for (const char *p = text; next_word(&p, word, sizeof word);) {
        const int mode = test_mode_from_name(word);
        if (mode < 0 || mode >= N_RUN_MODES)
            return sw_fail(err, SW_EINVAL, "--modes takes a list of stream, whole, reference and cold, not '%.60s'%s",
                           word, mode == MODE_SWEEP ? "; --sweep names what is varied" : "");
        modes |= 1u << mode;
    }
    settings->v[SETTING_MODES] = modes;
    return SW_OK;
}

/* A number and nothing else, from min to max. */
static bool read_number(const char *text, double min, double max, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && *out >= min && *out <= max;
}

sw_code settings_read_objectives(bench_settings *settings, const char *text, sw_err *err)
{
    static const char *const NAMES[] = {"ttft", "tpot", "itl_p99", "e2e", NULL};
    char word[64];
    for (const char *p = text; next_word(&p, word, sizeof word);) {
        char *const equals = strchr(word, '=');
        double which, ms;
        if (equals != NULL)
            *equals = '\0';
        const sw_code code = read_choice(&which, "--slo", NAMES, word, err);
        if (code != SW_OK)
            return code;
        if (equals == NULL || !read_number(equals + 1, 0, 1e9, &ms))
            return sw_fail(err, SW_EINVAL, "--slo takes milliseconds, as in %s=500, not '%.60s'", word,
                           equals != NULL ? equals + 1 : "");
        settings->v[SETTING_SLO_TTFT + (int)which] = ms;
    }
    return SW_OK;
}

sw_code settings_read_sweep(bench_sweep *sweep, const char *text, sw_err *err)
{
    static const char NAME[] = "temperature=";
    if (strncmp(text, NAME, strlen(NAME)) != 0)
        return sw_fail(err, SW_EINVAL, "--sweep takes temperature=0,0.3,..., not '%.60s'", text);
    char word[64];
    sweep->n = 0;
    for (const char *p = text + strlen(NAME); next_word(&p, word, sizeof word);) {
        double value;
        if (!read_number(word, 0, 2, &value))
            return sw_fail(err, SW_EINVAL, "--sweep takes temperatures from 0 to 2, not '%.60s'", word);
        if (sweep->n == SWEEP_VALUES_MAX)
            return sw_fail(err, SW_EINVAL, "--sweep takes at most %d values", (int)SWEEP_VALUES_MAX);
        for (size_t i = 0; i < sweep->n; i++) {
            if (!(sweep->values[i] < value || sweep->values[i] > value))
                return sw_fail(err, SW_EINVAL, "--sweep has %.60s twice", word);
        }
        sweep->values[sweep->n++] = value;
    }
    return SW_OK;
}

/* ---- differences ------------------------------------------------------------------------------------------------ */

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
    for (int mode = 0; mode < N_RUN_MODES; mode++) {
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
        buf_puts(out, ARRIVALS[(int)value]);
    else if (id == SETTING_WARMUP)
        buf_puts(out, WARMUPS[(int)value]);
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

/* ---- into a protocol -------------------------------------------------------------------------------------------- */

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
                       ARRIVALS[s->arrivals]);
    if (is_open && !(s->rate > 0))
        return sw_fail(err, SW_EINVAL, "--arrivals %s needs --rate, the requests per second", ARRIVALS[s->arrivals]);
    if (s->arrivals == ARRIVALS_GAMMA && !(s->burstiness > 0))
        return sw_fail(err, SW_EINVAL, "--arrivals gamma needs --burstiness, the shape of its gaps");
    if (is_open && !isnan(flags->v[SETTING_ARRIVALS]) && isnan(flags->v[SETTING_CONCURRENCY]))
        return sw_fail(err, SW_EINVAL, "--arrivals %s needs --concurrency: %s", ARRIVALS[s->arrivals],
                       s->arrivals == ARRIVALS_BURST ? "the requests of a burst"
                                                     : "how many requests may be under way at once");
    if (is_open && !isnan(flags->v[SETTING_PAUSE]))
        return sw_fail(err, SW_EINVAL, "--pause has no effect with --arrivals %s, whose schedule is fixed",
                       ARRIVALS[s->arrivals]);
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
