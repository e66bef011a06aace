/* settings_read.c - settings from the texts of the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/settings.h"

const char *const SETTINGS_ARRIVALS[] = {"closed", "constant", "poisson", "gamma", "burst", NULL};
const char *const SETTINGS_WARMUPS[] = {"fixed", "steady", NULL};

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
    return read_choice(&settings->v[SETTING_ARRIVALS], "--arrivals", SETTINGS_ARRIVALS, text, err);
}

sw_code settings_read_warmup(bench_settings *settings, const char *text, sw_err *err)
{
    return read_choice(&settings->v[SETTING_WARMUP], "--warmup", SETTINGS_WARMUPS, text, err);
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
        if (mode < 0 || mode >= MODE_SWEEP)
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
