/* format.c - one function for each kind of figure. */
#include "report/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "figures/labels.h"

static void put_dash(char out[CELL_BYTES])
{
    snprintf(out, CELL_BYTES, "-");
}

/* Decimals by size, so that a column of unlike figures stays readable. */
void format_number(char out[CELL_BYTES], double value)
{
    if (!isfinite(value)) {
        put_dash(out);
        return;
    }
    const double size = fabs(value);
    const int n_decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    snprintf(out, CELL_BYTES, size < 1e15 ? "%.*f" : "%.*e", n_decimals, value);
}

void format_unit(char out[CELL_BYTES], double value, const char *unit)
{
    format_number(out, value);
    const size_t n = strlen(out);
    if (isfinite(value) && unit[0] != '\0')
        snprintf(out + n, CELL_BYTES - n, " %s", unit);
}

/* Powers of 1024, as the operating system counts memory. */
void format_bytes(char out[CELL_BYTES], double bytes)
{
    const double mib = bytes / (1024.0 * 1024.0);
    if (!isfinite(bytes) || bytes < 0)
        put_dash(out);
    else if (mib >= 1024)
        snprintf(out, CELL_BYTES, "%.2f GiB", mib / 1024);
    else if (mib >= 0.1)
        snprintf(out, CELL_BYTES, "%.1f MiB", mib);
    else
        snprintf(out, CELL_BYTES, "%.0f B", bytes);
}

/* Powers of 1000, as model cards count parameters. */
void format_count(char out[CELL_BYTES], double count)
{
    static const struct {
        double size;
        const char *suffix;
    } SCALES[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}};
    if (!isfinite(count) || count <= 0) {
        put_dash(out);
        return;
    }
    for (size_t i = 0; i < sizeof SCALES / sizeof *SCALES; i++) {
        if (count >= SCALES[i].size) {
            char number[CELL_BYTES];
            format_number(number, count / SCALES[i].size);
            snprintf(out, CELL_BYTES, "%.40s%s", number, SCALES[i].suffix);
            return;
        }
    }
    snprintf(out, CELL_BYTES, "%.0f", count);
}

void format_percent(char out[CELL_BYTES], double share)
{
    if (isfinite(share))
        snprintf(out, CELL_BYTES, "%.1f", 100 * share);
    else
        put_dash(out);
}

void format_integer(char out[CELL_BYTES], int64_t value)
{
    if (value >= 0)
        snprintf(out, CELL_BYTES, "%" PRId64, value);
    else
        put_dash(out);
}

void format_range(char out[CELL_BYTES], double low, double high)
{
    char from[CELL_BYTES], to[CELL_BYTES];
    out[0] = '\0';
    format_number(from, low);
    format_number(to, high);
    if (isfinite(low) && isfinite(high))
        snprintf(out, CELL_BYTES, "%.20s to %.20s", from, to);
}

void format_by_unit(char out[CELL_BYTES], double value, const char *unit)
{
    if (strcmp(unit, "B") == 0)
        format_bytes(out, value);
    else if (strcmp(unit, "B/s") == 0)
        format_unit(out, value / 1e9, "GB/s");
    else if (strcmp(unit, "ms") == 0 && value >= 1000)
        format_unit(out, value / 1000, "s");
    else if (unit[0] == '\0' && value == floor(value) && fabs(value) < 1e15)
        snprintf(out, CELL_BYTES, "%.0f", value);
    else
        format_unit(out, value, unit);
}

/* UTC, so that reports of two machines can be put in order. */
void format_time(char out[CELL_BYTES], int64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    if (unix_ms == 0 || gmtime_r(&seconds, &tm) == NULL || strftime(out, CELL_BYTES, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
        put_dash(out);
}

const char *format_status(test_status status)
{
    return status == TEST_COMPLETED ? "ok" : test_status_name(status);
}

const char *format_model(const char *name)
{
    return label_base(name);
}

void format_name(buf *out, const test_record *test)
{
    buf_puts(out, test->plan.name);
    if (test->variant != NULL && test->variant[0] != '\0')
        buf_printf(out, ", %s", test->variant);
    if (test->repeat > 0)
        buf_printf(out, " (%d)", test->repeat + 1);
}
