/* ollama_options.c - the names of sampling members are those of GENERATION_FIELDS; only the limit has its own. */
#include "dialects/ollama_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "dialects/foreign_fields.h"
#include "dialects/generation_fields.h"

/* ---- options ---------------------------------------------------------------------------------------------------- */

/* Without a positive limit the answer may fill the context. */
static bool take_num_predict(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target)
{
    const json_field number = {.type = FIELD_INT, .min = f->min, .max = f->max};
    int n;
    if (!json_read_value(r, &number, at, value, &n))
        return false;
    ((generation_request *)target)->core.max_tokens = n > 0 ? n : 0;
    return true;
}

static const json_field FIELDS[] = {
    {.name = "num_predict", .type = FIELD_CUSTOM, .take = take_num_predict, .min = -2, .max = LIMIT_CTX_TOKENS},
};
static const json_table TABLE = {.fields = FIELDS, .n = 1, .null_is_absent = true};

bool ollama_take_options(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    generation_request *const g = target;
    const char *name;
    json_t *option;
    if (!json_read_object(r, at, value, &TABLE, g) || !json_read_object(r, at, value, &GENERATION_FIELDS, g))
        return false;
    json_object_foreach((json_t *)value, name, option)
    {
        const bool is_known = json_table_has(&TABLE, name) || json_table_has(&GENERATION_FIELDS, name);
        if (!is_known && !json_is_null(option) && !foreign_field_take(g, r, name, option))
            return false;
    }
    return true;
}

/* ---- durations -------------------------------------------------------------------------------------------------- */

static const double SECONDS_MAX = 1e12;

/* Seconds of the unit s[0..n); 0: there is no such unit. */
static double unit_seconds(const char *s, size_t n)
{
    static const struct {
        const char *name;
        double seconds;
    } UNITS[] = {{"h", 3600},         {"m", 60},           {"s", 1},    {"ms", 1e-3}, {"us", 1e-6},
                 {"\xc2\xb5s", 1e-6}, {"\xce\xbcs", 1e-6}, {"ns", 1e-9}};
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (strlen(UNITS[i].name) == n && memcmp(UNITS[i].name, s, n) == 0)
            return UNITS[i].seconds;
    }
    return 0;
}

/* Reads the decimal number that *s begins with, and moves *s after it. */
static bool read_decimal(const char **s, double *out)
{
    char digits[32], *end;
    const size_t n = strspn(*s, "0123456789.");
    if (n == 0 || n >= sizeof digits)
        return false;
    memcpy(digits, *s, n);
    digits[n] = '\0';
    *out = strtod(digits, &end);
    *s += n;
    return *end == '\0';
}

static bool read_text(const char *s, double *out)
{
    const bool is_negative = *s == '-';
    double sum = 0, x;
    s += *s == '-' || *s == '+';
    if (*s == '\0')
        return false;
    for (bool is_first = true; *s != '\0'; is_first = false) {
        if (!read_decimal(&s, &x))
            return false;
        const size_t n_unit = strcspn(s, "0123456789.");
        const double unit = n_unit == 0 && is_first ? 1 : unit_seconds(s, n_unit); // a plain number is in seconds
        if (unit == 0)
            return false;
        sum += x * unit;
        s += n_unit;
    }
    *out = is_negative && sum > 0 ? -1 : sum;
    return true;
}

bool ollama_take_keep_alive(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    (void)f;
    generation_request *const g = target;
    double seconds = 0;
    if (json_is_number(value))
        seconds = json_number_value(value);
    const bool is_read =
        json_is_number(value) || (json_is_string(value) && read_text(json_string_value(value), &seconds));
    if (!is_read || seconds > SECONDS_MAX)
        return json_fail(r, at, JSON_FAULT_RANGE,
                         "keep_alive must be a number of seconds or a duration such as \"5m\"; a negative one keeps "
                         "the model for ever");
    g->has_keep_alive = true;
    g->keep_alive_s = seconds < 0 ? -1 : seconds;
    return true;
}
