/* store_fixture.h - a store for each test, and an example of everything that it holds. */
#ifndef SUPPORT_STORE_FIXTURE_H
#define SUPPORT_STORE_FIXTURE_H

#include <stdbool.h>

#include "results/store.h"

extern char store_path[512];

/* Before every test: store_path is a file that does not exist. */
int store_setup(void **state);

/* Each fails the test that calls it if the store refuses. */
result_store *open_store(bool read_only);
/* A run without tests, and without anything but its info. */
int64_t add_run(result_store *store);
/* Two models, three servers, placement and facts: what a run has before its first test. */
void add_parts(result_store *store, int64_t run_id);
run_record *load_run(result_store *store, int64_t id);
/* Runs SQL text on the file, past the store. */
void store_sql(const char *sql);
/* Copies a file of tests/data/stores to store_path. */
void copy_store(const char *name);

extern const run_info EXAMPLE_RUN;
/* What add_parts adds, as it is loaded again; without info, tests and samples.  Not to be freed. */
run_record example_parts(void);
/* A measured test of model 0, by no server that is known, with every figure, three events, two checks and experts. */
test_record example_test(void);

/* Fails the test if two tests differ in anything. */
void assert_same_test(const test_record *a, const test_record *b);
/* Fails the test if two runs differ in anything but their ids. */
void assert_same_run(const run_record *a, const run_record *b);

#endif
