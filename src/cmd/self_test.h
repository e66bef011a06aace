/* self_test.h - measures what is known: the benchmark's client and figures on answers whose times are known.
 *
 * Expected figures are computed from the times at which the server sent, by the definitions of docs/benchmark.md and
 * not by the code that is tested.
 */
#ifndef CMD_SELF_TEST_H
#define CMD_SELF_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "spillway/clock.h"
#include "spillway/error.h"

enum { SELF_TEST_FIGURES_MAX = 64, SELF_TEST_LOADS_MAX = 3 };

typedef struct self_test_figure {
    const char *answer, *name, *unit;
    double expected, measured; // NAN: not measured
    double bound;              // of the difference
} self_test_figure;

/* What the client's own work takes while it reads n_streams answers at the same time. */
typedef struct self_test_load {
    int n_streams;
    double tokens_per_s; // of each
    double cpu;          // per stream, as a share of one CPU
    double cpu_max;
} self_test_load;

typedef struct self_test_result {
    self_test_figure figures[SELF_TEST_FIGURES_MAX];
    size_t n_figures;
    self_test_load loads[SELF_TEST_LOADS_MAX];
    size_t n_loads;
} self_test_result;

bool self_test_figure_is_good(const self_test_figure *figure);
bool self_test_load_is_good(const self_test_load *load);
bool self_test_is_good(const self_test_result *result);

/* Takes two seconds, and three more with loads.  The client measures by `clock`; the server's times are always the
 * system's.  Errors: SW_EIO (no socket, or an answer failed), SW_ENOMEM. */
SW_NODISCARD sw_code self_test_run(const sw_clock *clock, bool with_loads, self_test_result *out, sw_err *err);

#endif
