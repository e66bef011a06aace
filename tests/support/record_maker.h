/* record_maker.h - runs as records, made to order, for tests of figures. */
#ifndef TEST_RECORD_MAKER_H
#define TEST_RECORD_MAKER_H

#include "results/record.h"

/* A completed answer of 41 tokens, the first after 100 ms and one each 10 ms; its text does not repeat itself.  Times
 * are valid until the process ends; at most 256 of them. */
test_record record_test(test_mode mode, int index, int repeat);

/* The same with gaps of `gap_ms` in the first half, and of gap_ms / pace in the second. */
void record_pace(test_record *test, double gap_ms, double pace);

/* A finished run of these tests, one model, one server of its own that offloads; n of them were planned. */
run_record record_run(test_record *tests, size_t n);

#endif
