/* fuzz_store.c - any bytes as a results file.
 *
 * It is refused with a message, or every run that is loaded is whole: strings that end, lists as long as they say,
 * positions that name something, and values that the enumerations have.  What was loaded is the same after the store
 * has been opened for writing, which brings it to the newest schema; it can be merged and deleted.
 */
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
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

static size_t n_read; // what the functions below have seen; nothing is left out by the compiler

static void read_text(const char *s, size_t n)
{
    check(s != NULL && s[n] == '\0' && utf8_valid(s, n));
    n_read += n;
}

static void read_texts(const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        read_text(texts[i], strlen(texts[i]));
}

#define READ_TEXTS(...)                                                                                                \
    read_texts((const char *const[]){__VA_ARGS__}, sizeof(const char *const[]){__VA_ARGS__} / sizeof(const char *))

static bool is_position(int position, size_t n)
{
    return position >= 0 && (size_t)position < n;
}

static void check_answer(const answer_record *a)
{
    READ_TEXTS(a->error, a->finish_reason, a->model, a->fingerprint);
    check(a->status >= 0 && a->status < N_TEST_STATUS && a->http_status >= 0 && a->end_ns >= -1 &&
          a->scheduled_ns <= 0);
    read_text(a->text, a->n_text);
    read_text(a->reasoning, a->n_reasoning);
    for (size_t i = 0; i < a->n_arrivals; i++) {
        n_read += a->arrivals[i].n_bytes;
        check(a->arrivals[i].t_ns >= (i > 0 ? a->arrivals[i - 1].t_ns : 0));
    }
    for (size_t i = 0; i < a->n_token_ids; i++)
        n_read += (size_t)a->token_ids[i];
    const expert_counts *const e = &a->experts;
    check(e->n_layers >= 0 && e->n_used >= 0 && e->n_used <= e->n_experts && e->n_tokens >= 0);
    for (size_t i = 0; e->counts != NULL && i < (size_t)e->n_layers * (size_t)e->n_experts; i++)
        n_read += e->counts[i];
}

static void check_test(const run_record *run, const test_record *t)
{
    READ_TEXTS(t->plan.name, t->plan.group, t->plan.prompt, t->plan.expected, t->variant);
    check(t->plan.form >= FORM_PROSE && t->plan.form <= FORM_LIST && isfinite(t->plan.temperature));
    check(is_position(t->subject, run->n_subjects));
    check(t->server == -1 || is_position(t->server, run->n_servers));
    check(t->mode >= 0 && t->mode < N_TEST_MODES && t->index >= 0 && t->repeat >= 0);
    check_answer(&t->answer);
    for (size_t i = 0; i < t->n_checks; i++) {
        READ_TEXTS(t->checks[i].name, t->checks[i].kind, t->checks[i].detail);
        check(t->checks[i].outcome >= CHECK_PASSED && t->checks[i].outcome <= CHECK_NOT_RUN &&
              t->checks[i].weight >= 0);
    }
}

static void check_parts(const run_record *run)
{
    check(run->n_subjects > 0);
    for (size_t i = 0; i < run->n_subjects; i++) {
        const subject_record *const s = &run->subjects[i];
        READ_TEXTS(s->name, s->family, s->file_name, s->file_hash, s->quantization);
    }
    for (size_t i = 0; i < run->n_servers; i++) {
        const server_record *const s = &run->servers[i];
        READ_TEXTS(s->url, s->software, s->command);
        check(is_position(s->subject, run->n_subjects) && s->side >= SIDE_OFFLOADED && s->side <= SIDE_GIVEN);
    }
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const p = &run->placement[i];
        READ_TEXTS(p->tier, p->tensor_class, p->requested, p->source);
        check(is_position(p->server, run->n_servers));
    }
    for (size_t i = 0; i < run->n_facts; i++) {
        const fact_record *const f = &run->facts[i];
        READ_TEXTS(f->text, f->source);
        check(f->name >= 0 && f->name < N_FACT_NAMES);
        check(f->subject == -1 || is_position(f->subject, run->n_subjects));
        check(f->server == -1 || is_position(f->server, run->n_servers));
    }
}

static void check_run(const run_record *run)
{
    const run_info *const i = &run->info;
    READ_TEXTS(i->status, i->reasons, i->fingerprint, i->version, i->url, i->model, i->protocol_name, i->protocol_hash,
               i->protocol_json, i->options_json, i->command, i->cpu, i->os);
    check(i->n_sessions >= 1 && i->n_planned >= 0);
    check_parts(run);
    for (size_t k = 0; k < run->n_tests; k++)
        check_test(run, &run->tests[k]);
    for (size_t k = 0; k < run->n_reviews; k++) {
        const review_record *const v = &run->reviews[k];
        check(is_position(v->test, run->n_tests) && !run->tests[v->test].is_warmup);
        READ_TEXTS(v->reviewer, v->note);
        for (int s = 0; s < N_REVIEW_SCORES; s++)
            check(v->scores[s] >= 0 && v->scores[s] <= REVIEW_SCORE_MAX);
    }
    for (size_t k = 0; k < run->n_samples; k++) {
        const resource_sample *const m = &run->samples[k];
        check(k == 0 || run->samples[k - 1].t_ms <= m->t_ms);
        check(m->server == -1 || is_position(m->server, run->n_servers));
        for (int f = 0; f < N_SAMPLE_FIGURES; f++)
            check(!isinf(m->values.v[f]));
    }
    for (size_t k = 0; k < run->n_gpu_samples; k++) {
        const gpu_sample *const m = &run->gpu_samples[k];
        check(k == 0 || run->gpu_samples[k - 1].t_ms <= m->t_ms);
        check(m->server == -1 || is_position(m->server, run->n_servers));
        check(m->gpu >= 0 && m->gpu < RUN_GPUS_MAX);
        for (int f = 0; f < N_GPU_FIGURES; f++)
            check(!isinf(m->values.v[f]));
    }
}

/* Loads every run that is listed, and the latest; returns how much was read. */
static size_t read_runs(result_store *store)
{
    run_list list;
    sw_err err = {0};
    n_read = 0;
    if (store_list_runs(store, &list, &err) != SW_OK)
        check(err.msg[0] != '\0');
    for (size_t k = 0; k <= list.n; k++) {
        run_record *run;
        sw_err_clear(&err);
        const sw_code code = store_load_run(store, k < list.n ? list.entries[k].id : 0, &run, &err);
        check((code == SW_OK) == (run != NULL));
        check(code != SW_ENOMEM); // nothing here is that large: it would be a wrong word for a damaged file
        if (code == SW_OK)
            check_run(run);
        else
            check(err.msg[0] != '\0');
        run_record_free(run);
    }
    run_list_free(&list);
    return n_read;
}

/* A damaged index may make either fail, with a message. */
static void merge_and_delete(result_store *store)
{
    result_store *into;
    sw_err err = {0};
    int64_t id;
    bool was_there;
    check(store_open(&into, ":memory:", false, &err) == SW_OK);
    if (store_merge_run(into, store, 0, &id, &was_there, &err) == SW_OK)
        (void)read_runs(into);
    else
        check(err.msg[0] != '\0');
    store_close(into);
    sw_err_clear(&err);
    if (store_delete_run(store, 1, &err) != SW_OK)
        check(err.msg[0] != '\0');
    (void)read_runs(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0')
        start();
    clean_up();
    write_input(data, size);
    size_t n_before = 0;
    for (int writing = 0; writing < 2; writing++) {
        result_store *store;
        sw_err err = {0};
        if (store_open(&store, path, writing == 0, &err) != SW_OK) {
            check(store == NULL && err.msg[0] != '\0');
            continue;
        }
        const size_t n = read_runs(store);
        check(writing == 0 || n_before == 0 || n == n_before);
        n_before = n;
        if (writing)
            merge_and_delete(store);
        store_close(store);
    }
    return 0;
}
