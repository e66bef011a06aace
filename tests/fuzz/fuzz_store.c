/* fuzz_store.c - any bytes as a results file.
 *
 * It is refused with a message, or every run that is loaded is whole: strings that end, lists as long as they say, and
 * values that the enumerations have.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "results/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], path[96];

static void remove_file(const char *suffix)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    unlink(name);
}

/* SQLite keeps its journals beside the file, so it has a folder of its own, in memory where there is such a thing. */
static void clean_up(void)
{
    remove_file("");
    remove_file("-wal");
    remove_file("-shm");
    remove_file("-journal");
}

static void end(void)
{
    clean_up();
    rmdir(folder);
}

static void start(void)
{
    snprintf(folder, sizeof folder, "%s/fuzz_store_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    check(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/results.sqlite", folder);
    atexit(end);
}

static void write_input(const uint8_t *data, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static size_t read_through(const char *s)
{
    check(s != NULL && utf8_valid(s, strlen(s)));
    return strlen(s);
}

static void check_test(const test_record *t)
{
    const answer_record *const a = &t->answer;
    size_t n = read_through(t->plan.name) + read_through(t->plan.group) + read_through(t->plan.prompt);
    n +=
        read_through(a->error) + read_through(a->finish_reason) + read_through(a->model) + read_through(a->fingerprint);
    check(a->status >= 0 && a->status < N_TEST_STATUS && t->plan.form >= FORM_PROSE && t->plan.form <= FORM_LIST);
    n += read_through(a->text) + read_through(a->reasoning);
    check(a->text[a->n_text] == '\0' && a->reasoning[a->n_reasoning] == '\0');
    for (size_t i = 0; i < a->n_arrivals; i++)
        n += a->arrivals[i].n_bytes;
    volatile size_t sink = n;
    (void)sink;
}

static void check_run(const run_record *run)
{
    const run_info *const i = &run->info;
    const char *const strings[] = {
        i->status,       i->version, i->url, i->model, i->protocol_name, i->protocol_hash, i->protocol_json,
        i->options_json, i->command, i->cpu, i->os};
    for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
        (void)read_through(strings[k]);
    for (size_t k = 0; k < run->n_tests; k++)
        check_test(&run->tests[k]);
    for (size_t k = 1; k < run->n_samples; k++)
        check(run->samples[k - 1].t_ms <= run->samples[k].t_ms);
}

static void read_runs(result_store *store)
{
    for (int64_t id = 0; id < 3; id++) {
        run_record *run;
        sw_err err = {0};
        const sw_code code = store_load_run(store, id, &run, &err);
        check((code == SW_OK) == (run != NULL));
        check(code != SW_ENOMEM); // nothing here is that large: it would be a wrong word for a damaged file
        if (code == SW_OK)
            check_run(run);
        else
            check(err.msg[0] != '\0');
        run_record_free(run);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0')
        start();
    clean_up();
    write_input(data, size);
    result_store *store;
    sw_err err = {0};
    if (store_open(&store, path, true, &err) == SW_OK)
        read_runs(store);
    else
        check(store == NULL && err.msg[0] != '\0');
    store_close(store);
    return 0;
}
