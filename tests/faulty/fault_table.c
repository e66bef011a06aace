/* fault_table.c - how many planted faults are found, in how many requests, and how often a sound server alarms.
 *
 *     fault_table SERVER [--runs N] [--fault NAME]... [--requests N]
 *
 * Prints a table in Markdown, and fails if a fault is found in fewer than 95 of 100 runs, or more than 4 of 100 sound
 * ones set off an alarm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_run.h"
#include "figures/stress/fault_world.h"
#include "figures/stress/stress_faults.h"

enum { N_STEPS = 9 };
static const int STEPS[N_STEPS] = {50, 100, 200, 400, 700, 1000, 1500, 2000, 2500};

static const struct {
    const char *name, *planted;
    int n_requests;
} ROWS[] = {
    {"leak", "100 KB of each request stay", 400},
    {"slowing", "20 % more time per token from the tenth minute on", 1000},
    {"unused", "one expert of 32 is never used", 400},
    {"loops", "one question in 10 is answered with a loop at the end", 400},
    {"changed", "one answer in 500 has another word", 2500},
    {"usage", "one answer in 20 is told to be a tenth longer", 400},
    {"unfair", "one of three sessions, which prompts name, is served 25 % slower", 400},
    {"forgets", "nothing is known of what is further back than 2,048 words", 700},
    {"none", "nothing", 2500},
};
enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

/* Of the runs of one fault. */
typedef struct tally {
    int n_runs;
    int n_found[N_STEPS]; // within the first STEPS requests
    int n_others;         // runs with another alarm
    int n_last;           // found with all requests
    double hours;
} tally;

/* As if the run had ended after its first n answers. */
static stress_faults search(const run_record *run, size_t n)
{
    run_record begin = *run;
    stress_rows rows;
    fault_record record;
    stress_faults faults;
    begin.n_tests = n;
    const int64_t end_ms = n > 0 ? run->tests[n - 1].start_ms + run->tests[n - 1].answer.end_ns / 1000000 : 0;
    while (begin.n_samples > 0 && run->samples[begin.n_samples - 1].t_ms > end_ms)
        begin.n_samples--;
    if (stress_rows_of(&begin, 0, &rows, NULL) != SW_OK || fault_record_of(&rows, &record, NULL) != SW_OK ||
        stress_faults_of(&record.world, &faults, NULL) != SW_OK)
        abort(); // memory is short in a test
    fault_record_free(&record);
    stress_rows_free(&rows);
    return faults;
}

static bool is_found(const stress_faults *faults, int fault)
{
    return fault >= 0 ? faults->rows[fault].is_found : faults->n_found > 0;
}

static void add_run(const fault_run *run, int fault, tally *t)
{
    const stress_faults last = search(&run->record, run->record.n_tests);
    for (int i = 0; i < N_STEPS && (size_t)STEPS[i] <= run->record.n_tests; i++) {
        const stress_faults found = search(&run->record, (size_t)STEPS[i]);
        t->n_found[i] += is_found(&found, fault);
    }
    t->n_last += is_found(&last, fault);
    t->n_others += fault >= 0 && last.n_found > (size_t)last.rows[fault].is_found;
    t->hours += run->hours;
    t->n_runs++;
    for (int i = 0; i < N_FAULTS; i++) {
        if (last.rows[i].is_found && i != fault)
            fprintf(stderr, "another alarm: %s: %s\n", fault_name((fault_kind)i), last.rows[i].found);
    }
}

/* The fewest requests after which 95 of 100 runs find it; 0: more than there were. */
static int requests_needed(const tally *t, int n_requests)
{
    for (int i = 0; i < N_STEPS && STEPS[i] <= n_requests; i++) {
        if (t->n_found[i] * 100 >= t->n_runs * 95)
            return STEPS[i];
    }
    return 0;
}

static void print_row(int row, const tally *t, int n_requests)
{
    char needed[16] = "-";
    const int n = requests_needed(t, n_requests);
    if (n > 0)
        snprintf(needed, sizeof needed, "%d", n);
    printf("| %s | %s | %d | %d of %d | %s | %d |\n", ROWS[row].name, ROWS[row].planted, n_requests, t->n_last,
           t->n_runs, strcmp(ROWS[row].name, "none") == 0 ? "" : needed, t->n_others);
    fflush(stdout);
}

/* Returns true if the row is as it must be. */
static bool run_row(const char *server, int row, int n_runs, int n_requests)
{
    const int fault = fault_from_name(ROWS[row].name);
    tally t = {0};
    for (int seed = 1; seed <= n_runs; seed++) {
        const fault_run_options options = {server, ROWS[row].name, (uint64_t)seed, n_requests};
        fault_run run;
        const bool ok = fault_run_make(&options, &run);
        if (ok)
            add_run(&run, fault, &t);
        fault_run_free(&run);
        if (!ok)
            return false;
    }
    print_row(row, &t, n_requests);
    return fault >= 0 ? t.n_last * 100 >= 95 * n_runs && t.n_others * 100 <= 4 * n_runs : t.n_last * 100 <= 4 * n_runs;
}

typedef struct table_options {
    int n_runs, n_requests; // 0: as the rows have it
    bool is_chosen[N_ROWS], has_choice;
} table_options;

static bool choose(table_options *o, const char *name)
{
    for (int row = 0; row < N_ROWS; row++) {
        if (strcmp(ROWS[row].name, name) == 0)
            return o->is_chosen[row] = o->has_choice = true;
    }
    return false;
}

static bool take_option(table_options *o, const char *name, const char *value)
{
    if (strcmp(name, "--fault") == 0)
        return choose(o, value);
    int *const number = strcmp(name, "--runs") == 0       ? &o->n_runs
                        : strcmp(name, "--requests") == 0 ? &o->n_requests
                                                          : NULL;
    return number != NULL && (*number = atoi(value)) > 0;
}

static bool read_options(table_options *o, int argc, char **argv)
{
    bool ok = argc % 2 == 0; // the program, the server, pairs
    for (int i = 2; ok && i < argc; i += 2)
        ok = take_option(o, argv[i], argv[i + 1]);
    return ok;
}

int main(int argc, char **argv)
{
    table_options o = {.n_runs = 100};
    int n_bad = 0;
    if (!read_options(&o, argc, argv)) {
        fprintf(stderr, "fault_table SERVER [--runs N] [--fault NAME]... [--requests N]\n");
        return 2;
    }
    printf("| fault | planted | requests | found | needed | runs with another alarm |\n|---|---|--:|--:|--:|--:|\n");
    for (int row = 0; row < N_ROWS; row++) {
        if (!o.has_choice || o.is_chosen[row])
            n_bad += !run_row(argv[1], row, o.n_runs, o.n_requests > 0 ? o.n_requests : ROWS[row].n_requests);
    }
    return n_bad > 0;
}
