/* proc_text.c - one strict reader of numbers, and where the numbers are. */
#include "monitor/proc_text.h"

#include <math.h>
#include <string.h>

enum { DIGITS_MAX = 18, STAT_FIELDS = 13 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *after_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Reads digits; returns how many, or -1 if there are too many. */
static int read_digits(const char **p, double *value)
{
    int n = 0;
    for (; is_digit(**p); ++*p, n++) {
        if (n == DIGITS_MAX)
            return -1;
        *value = *value * 10 + (**p - '0');
    }
    return n;
}

/* *end_out points after the number, if there is one. */
static double number_at(const char *p, const char **end_out)
{
    double value = 0, fraction = 0;
    p = after_blanks(p);
    const bool is_negative = *p == '-';
    p += is_negative;
    if (read_digits(&p, &value) < 1)
        return NAN;
    if (*p == '.') {
        p++;
        const int n = read_digits(&p, &fraction);
        if (n < 1)
            return NAN;
        value += fraction / pow(10, n);
    }
    if (*p == '\0' || strchr(" \t\n", *p) == NULL)
        return NAN; // cut, or something else that begins like a number
    *end_out = p;
    return is_negative ? -value : value;
}

double proc_number(const char *text)
{
    const char *end;
    return number_at(text, &end);
}

double proc_count(const char *text)
{
    const double value = proc_number(text);
    return value >= 0 ? value : NAN;
}

/* What follows `key` and a blank at the start of a line; NULL if there is no such line. */
static const char *after_key(const char *text, const char *key)
{
    const size_t n = strlen(key);
    while (text != NULL && (strncmp(text, key, n) != 0 || (text[n] != ' ' && text[n] != '\t'))) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return text != NULL ? text + n : NULL;
}

/* A count of something. */
static double field_at(const char *p, const char **end_out)
{
    const double value = p != NULL ? number_at(p, end_out) : NAN;
    return value >= 0 ? value : NAN;
}

double proc_field(const char *text, const char *key)
{
    const char *end;
    return field_at(after_key(text, key), &end);
}

double proc_kb_field(const char *text, const char *key)
{
    const char *end;
    const double value = field_at(after_key(text, key), &end);
    return !isnan(value) && strncmp(end, " kB\n", 4) == 0 ? value * 1024 : NAN;
}

/* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime */
bool proc_stat_of(const char *text, proc_stat *out)
{
    const char *p = strrchr(text, ')');
    double v[STAT_FIELDS];
    if (!is_digit(text[0]) || p == NULL || p[1] != ' ' || p[2] == '\0' || p[3] != ' ')
        return false;
    const char state = p[2];
    p += 3;
    for (int i = 1; i < STAT_FIELDS; i++) {
        v[i] = number_at(p, &p);
        if (isnan(v[i]))
            return false;
    }
    if (v[7] < 0 || v[9] < 0 || v[11] < 0 || v[12] < 0)
        return false;
    *out = (proc_stat){.state = state, .minor_faults = v[7], .major_faults = v[9], .ticks = v[11] + v[12]};
    return true;
}

/* cpu user nice system idle iowait irq softirq steal, guest, niced guest; the last two are part of the first two.
 * Before Linux 2.6.11 there was no `steal`, which is older than all of this. */
double proc_busy_ticks(const char *text)
{
    enum { IDLE = 3, IOWAIT = 4, N_TIMES = 8 };
    const char *p = strncmp(text, "cpu ", 4) == 0 ? text + 4 : "";
    double sum = 0;
    for (int i = 0; i < N_TIMES; i++) {
        const double ticks = number_at(p, &p);
        if (!(ticks >= 0))
            return NAN;
        sum += i == IDLE || i == IOWAIT ? 0 : ticks;
    }
    return sum;
}

double proc_pressure(const char *text)
{
    static const char KEY[] = "some avg10=";
    const double share = strncmp(text, KEY, sizeof KEY - 1) == 0 ? proc_number(text + sizeof KEY - 1) : NAN;
    return share >= 0 && share <= 100 ? share : NAN;
}

void proc_add_mhz(const char *text, double *sum, size_t *n)
{
    const char *p = text;
    while ((p = after_key(p, "cpu MHz")) != NULL) {
        p = after_blanks(p);
        const double mhz = *p == ':' ? proc_number(p + 1) : NAN;
        if (mhz > 0 && mhz < 1e6) {
            *sum += mhz;
            ++*n;
        }
    }
}

double proc_celsius(const char *text)
{
    const double degrees = proc_number(text) / 1000;
    return degrees > -100 && degrees < 300 ? degrees : NAN;
}
