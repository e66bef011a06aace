/* settings.h - how a run differs from its protocol: the settings that flags replace, and which combinations say
 * nothing.
 *
 * A setting is a row of one table.  The command line, the stored options and the list of differences are made from it.
 */
#ifndef PROTOCOL_SETTINGS_H
#define PROTOCOL_SETTINGS_H

#include "base/buf.h"
#include "protocol/protocol.h"

/* X(NAME, "name", "unit", min, max); the name is that in stored options and in sentences. */
// clang-format off
#define SETTING_TABLE(X) \
    X(REPEAT,          "repetitions",         "",      1,     1000) \
    X(PAUSE,           "pause",               " s",    0,     3600) \
    X(TEMPERATURE,     "temperature",         "",      0,     2) \
    X(SEED,            "seed",                "",      0,     9007199254740991) \
    X(MODES,           "modes",               "",      1,     31) \
    X(CONCURRENCY,     "concurrency",         "",      1,     1024) \
    X(ARRIVALS,        "arrivals",            "",      0,     4) \
    X(RATE,            "rate",                " /s",   0.001, 1000000) \
    X(BURSTINESS,      "burstiness",          "",      0.01,  100) \
    X(WARMUP,          "warm-up",             "",      0,     1) \
    X(WARMUP_REQUESTS, "warm-up requests",    "",      0,     1000) \
    X(TIME_BUDGET,     "time budget",         " s",    0,     1e7) \
    X(SLO_TTFT,        "objective ttft",      " ms",   0,     1e9) \
    X(SLO_TPOT,        "objective tpot",      " ms",   0,     1e9) \
    X(SLO_ITL_P99,     "objective itl_p99",   " ms",   0,     1e9) \
    X(SLO_E2E,         "objective e2e",       " ms",   0,     1e9)
// clang-format on

#define SETTING_ENUM(name, text, unit, min, max) SETTING_##name,
typedef enum setting_id { SETTING_TABLE(SETTING_ENUM) N_SETTINGS } setting_id;
#undef SETTING_ENUM

typedef struct setting_row {
    const char *name, *unit;
    double min, max;
} setting_row;

extern const setting_row SETTING_ROWS[N_SETTINGS];

/* What flags replace; numbers of enumerations and sets of modes (1 << mode) too.  NAN: as the protocol has it. */
typedef struct bench_settings {
    double v[N_SETTINGS];
} bench_settings;

bench_settings settings_none(void);

/* Names of an arrival_process and of a warmup_rule; the lists end with NULL. */
extern const char *const SETTINGS_ARRIVALS[], *const SETTINGS_WARMUPS[];

/* ---- from texts -------------------------------------------------------------------------------------------------- */

/* "stream,whole" as a set of modes.  Error: SW_EINVAL, names the possible ones. */
SW_NODISCARD sw_code settings_read_modes(bench_settings *settings, const char *text, sw_err *err);
/* "closed", "constant", "poisson", "gamma" or "burst". */
SW_NODISCARD sw_code settings_read_arrivals(bench_settings *settings, const char *text, sw_err *err);
/* "fixed" or "steady". */
SW_NODISCARD sw_code settings_read_warmup(bench_settings *settings, const char *text, sw_err *err);
/* "ttft=500,e2e=20000", in milliseconds. */
SW_NODISCARD sw_code settings_read_objectives(bench_settings *settings, const char *text, sw_err *err);

enum { SWEEP_VALUES_MAX = 16 };

/* One setting that is varied; {0}: none. */
typedef struct bench_sweep {
    double values[SWEEP_VALUES_MAX]; // temperatures
    size_t n;
} bench_sweep;

/* "temperature=0,0.1,0.3".  Error: SW_EINVAL. */
SW_NODISCARD sw_code settings_read_sweep(bench_sweep *sweep, const char *text, sw_err *err);

/* ---- into a protocol --------------------------------------------------------------------------------------------- */

/* Replaces the protocol's settings, and the temperatures and seeds of its tests.  Appends a line for every setting that
 * differs from the protocol's: "pause 0 s in place of 5 s".  Error: SW_EINVAL for a setting that would change nothing.
 */
SW_NODISCARD sw_code settings_apply(const bench_settings *settings, bench_protocol *protocol, buf *differences,
                                    sw_err *err);

#endif
