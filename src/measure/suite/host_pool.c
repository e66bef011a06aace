/* host_pool.c - at most two servers at a time.
 *
 * Invariant: a place of the pool is in use exactly while its host is open.
 */
#include "suite/host_pool.h"

#include <string.h>

#include "base/alloc.h"
#include "base/sysinfo.h"
#include "suite/results_dir.h"

enum { N_HOSTS = 2 };

static const uint64_t SPARE_BYTES = 512u << 20; // beside the model: its keys and values, and the rest of the machine

struct host_pool {
    const host_pool_options *o;
    pooled_host hosts[N_HOSTS];
    const char *const *options; // (n_options) beside those of the benchmark
    size_t n_options;
    bool *was_opened; // (subjects) its main side was: a server that had to make room is not started cold again
};

sw_code host_pool_create(host_pool **out, const host_pool_options *options, sw_err *err)
{
    host_pool *const p = *out = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for servers");
    p->o = options;
    p->was_opened = arena_alloc(options->keep, options->subjects->n + 1);
    if (p->was_opened == NULL) {
        mem_free(p);
        *out = NULL;
        return sw_fail(err, SW_ENOMEM, "out of memory for servers");
    }
    return SW_OK;
}

static void close_at(pooled_host *h)
{
    host_close(h->host);
    *h = (pooled_host){0};
}

void host_pool_close_all(host_pool *p)
{
    for (int i = 0; i < N_HOSTS; i++)
        close_at(&p->hosts[i]);
}

void host_pool_free(host_pool *p)
{
    if (p == NULL)
        return;
    host_pool_close_all(p);
    mem_free(p);
}

/* Closes what must not, or cannot, be open beside this model's next server. */
static void make_room(host_pool *p, int subject)
{
    const uint64_t wanted = p->o->subjects->items[subject].record.file_bytes + SPARE_BYTES;
    for (int i = 0; i < N_HOSTS; i++) {
        pooled_host *const h = &p->hosts[i];
        if (h->host != NULL && (h->subject != subject || sysinfo_memory_available().bytes < wanted))
            close_at(h);
    }
}

void host_pool_set_options(host_pool *p, const char *const *options, size_t n)
{
    bool is_same = n == p->n_options;
    for (size_t i = 0; is_same && i < n; i++)
        is_same = strcmp(options[i], p->options[i]) == 0;
    if (!is_same)
        host_pool_close_all(p);
    p->options = options;
    p->n_options = n;
}

/* Those of the benchmark, then the pool's own; NULL if memory is short. */
static const char *const *serve_options(const host_pool *p)
{
    const bench_options *const b = p->o->bench;
    const char **const all = arena_alloc(p->o->keep, (b->n_serve_options + p->n_options + 1) * sizeof *all);
    for (size_t i = 0; all != NULL && i < b->n_serve_options; i++)
        all[i] = b->serve_options[i];
    for (size_t i = 0; all != NULL && i < p->n_options; i++)
        all[b->n_serve_options + i] = p->options[i];
    return all;
}

/* The reference has a log of its own, for both may run at once. */
static const char *log_path(host_pool *p, server_side side)
{
    return results_dir_join(p->o->dir, side == SIDE_REFERENCE ? "server-reference.log" : "server.log", p->o->keep);
}

static sw_code open_at(host_pool *p, pooled_host *h, int subject, server_side side, sw_err *err)
{
    const bench_options *const b = p->o->bench;
    const host_options options = {
        .subject = &p->o->subjects->items[subject],
        .side = side,
        .serve_options = serve_options(p),
        .n_serve_options = b->n_serve_options + p->n_options,
        .measures_cold = b->url == NULL && side != SIDE_REFERENCE && p->o->session == 0 && !p->was_opened[subject],
        .log_path = log_path(p, side),
        .url = b->url,
        .api_key = b->api_key,
        .server_pid = b->server_pid,
        .clock = b->clock,
        .cancel = b->cancel,
    };
    if (options.log_path == NULL || options.serve_options == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for servers");
    const uint64_t now_ns = clock_now_ns(b->clock);
    const sw_code code = host_open(&h->host, &options, err);
    if (code != SW_OK) {
        *h = (pooled_host){0};
        return code;
    }
    p->was_opened[subject] |= side != SIDE_REFERENCE;
    h->subject = subject;
    h->side = side;
    h->server = -1;
    h->opened_ms = p->o->origin_ms + (int64_t)(now_ns - p->o->origin_ns) / 1000000;
    h->model = host_model(h->host);
    return SW_OK;
}

sw_code host_pool_get(host_pool *p, int subject, server_side side, pooled_host **out, sw_err *err)
{
    for (int i = 0; i < N_HOSTS; i++) {
        pooled_host *const h = &p->hosts[i];
        if (h->host != NULL && h->subject == subject && h->side == side) {
            *out = h;
            return SW_OK;
        }
    }
    make_room(p, subject);
    *out = p->hosts[0].host == NULL ? &p->hosts[0] : &p->hosts[1];
    return open_at(p, *out, subject, side, err);
}

/* ---- storing ----------------------------------------------------------------------------------------------------- */

/* The facts that are new, with the positions that only the run knows. */
static sw_code store_facts(const host_pool *p, pooled_host *h, sw_err *err)
{
    size_t n;
    const fact_record *const facts = host_facts(h->host, &n);
    fact_record *const own = mem_calloc(n + 1, sizeof *own);
    if (own == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for facts");
    for (size_t i = h->n_facts; i < n; i++) {
        own[i] = facts[i];
        own[i].subject = h->subject;
        own[i].server = h->server;
    }
    const sw_code code = store_add_facts(p->o->store, p->o->run_id, own + h->n_facts, n - h->n_facts, err);
    h->n_facts = n;
    mem_free(own);
    return code;
}

static sw_code store_placement(const host_pool *p, const pooled_host *h, sw_err *err)
{
    size_t n;
    const placement_row *const rows = host_placement(h->host, &n);
    placement_row *const own = mem_calloc(n + 1, sizeof *own);
    if (own == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a placement");
    for (size_t i = 0; i < n; i++) {
        own[i] = rows[i];
        own[i].server = h->server;
    }
    const sw_code code = store_add_placement(p->o->store, p->o->run_id, own, n, err);
    mem_free(own);
    return code;
}

/* The model gets the name by which its server lists it. */
static sw_code store_name(host_pool *p, pooled_host *h, sw_err *err)
{
    subject_record *const subject = &p->o->subjects->items[h->subject].record;
    if (strcmp(subject->name, h->model) == 0)
        return SW_OK;
    const char *const name = arena_copy(p->o->keep, h->model, strlen(h->model));
    if (name == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a name");
    subject->name = h->model = name;
    return store_put_subject(p->o->store, p->o->run_id, h->subject, subject, err);
}

static sw_code store_server(host_pool *p, pooled_host *h, sw_err *err)
{
    server_record record = host_record(h->host);
    record.subject = h->subject;
    record.side = h->side;
    record.session = p->o->session;
    record.started_ms = h->opened_ms;
    sw_code code = store_name(p, h, err);
    if (code == SW_OK)
        code = store_add_server(p->o->store, p->o->run_id, &record, &h->server, err);
    return code == SW_OK ? store_placement(p, h, err) : code;
}

sw_code host_pool_store(host_pool *p, pooled_host *h, sw_err *err)
{
    const sw_code code = h->server < 0 ? store_server(p, h, err) : SW_OK;
    return code == SW_OK ? store_facts(p, h, err) : code;
}
