/* bench_self_test.h - `spillway bench --self-test`. */
#ifndef CMD_BENCH_SELF_TEST_H
#define CMD_BENCH_SELF_TEST_H

#include <stdbool.h>

/* Measures answers whose times are known, and prints for each figure what was expected and what was measured, and the
 * client's own CPU time; as one JSON document with `json`.  Returns the exit code: 0, 1 (it could not be measured), or
 * 3 (a figure is off by more than its bound). */
int bench_self_test(bool json);

#endif
