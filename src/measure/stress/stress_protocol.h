/* stress_protocol.h - reads stress protocols: one suite or scenario to a file, several in one document, or criteria.
 *
 * Files are read as strictly as those of the benchmark: a misspelled field is an error with its line, and so is one
 * that the stage's kind of workload has no use for.  `spillway protocol schema stress` prints the schema.
 */
#ifndef STRESS_STRESS_PROTOCOL_H
#define STRESS_STRESS_PROTOCOL_H

#include "stress/stress_plan.h"

/* One suite, or an object with `suites`, and with `scale` and `duration_s` that are applied, and `criteria`; or a list
 * of criteria alone.  `source` names the text in errors.  Errors: SW_EFORMAT (names line and field), SW_ELIMIT,
 * SW_ENOMEM. */
SW_NODISCARD sw_code stress_protocol_parse(stress_protocol **out, const char *json, size_t n, const char *source,
                                           sw_err *err);
/* The same of a file. */
SW_NODISCARD sw_code stress_protocol_load(stress_protocol **out, const char *path, sw_err *err);
void stress_protocol_free(stress_protocol *protocol);

/* ---- what a command asks for ------------------------------------------------------------------------------------- */

typedef struct stress_choice {
    const char *const *suites; // (n_suites) names of built-in ones
    size_t n_suites;
    const char *const *scenarios; // (n_scenarios)
    size_t n_scenarios;
    const char *const *files; // (n_files) and folders of them
    size_t n_files;
    double scale;      // 1: as the files have it
    double duration_s; // 0: as the files have it
} stress_choice;

/* Built-in suites and files as one protocol; if no suite is named, all built-in ones.  It has the built-in criteria,
 * with those of files in their places or after them.  Errors: SW_EINVAL (no such suite), SW_ENOTFOUND (a folder without
 * protocols), and those of files. */
SW_NODISCARD sw_code stress_protocol_choose(stress_protocol **out, const stress_choice *choice, sw_err *err);

/* Tokens that a stage may be answered with, and seconds that it takes at so many tokens per second of each session. */
double stress_stage_tokens(const stress_suite *suite, const stress_stage *stage, double tps);
double stress_stage_seconds(const stress_suite *suite, const stress_stage *stage, double tps);
/* Requests of a stage; 0: as many as fit into its duration. */
int stress_stage_requests(const stress_suite *suite, const stress_stage *stage);

#endif
