/* host.c - the life of a host: opened in steps, closed from any of them.
 *
 * Invariant: host_close ends a server of our own, waits for it, and frees what was opened, whatever failed.
 */
#include "hosts/host.h"

#include <stdio.h>

#include "base/alloc.h"
#include "hosts/host_state.h"

const char *host_model(const bench_host *h)
{
    const char *const name = h->o.subject->record.name;
    const bool is_listed = h->models.n == 0 || model_list_has(&h->models, name);
    return h->o.url != NULL || is_listed ? name : h->models.ids[0]; // an --alias of our own server
}

sw_code host_watch_process(bench_host *h, long pid, sw_err *err)
{
    const sample_source_options source = {.pid = pid, .model_path = h->o.subject->path, .clock = h->o.clock};
    const sw_code code = sample_source_open(&h->source, &source, err);
    h->pid = pid;
    if (code == SW_OK && !sample_source_read(h->source, &h->loaded)) // before the watch, whose thread reads it then
        h->loaded = sample_values_none();
    if (code != SW_OK)
        return code;
    const watch_options watch = {.read = sample_source_read,
                                 .ud = h->source,
                                 .clock = h->o.clock,
                                 .n_gpus = sample_source_n_gpus(h->source),
                                 .read_gpus = sample_source_read_gpus};
    return watch_start(&h->watch, &watch, err);
}

/* A server need not list its models if one is named; that it does not answer at all shows in the first request. */
static sw_code list_models(bench_host *h, sw_err *err)
{
    sw_err why = {0};
    const sw_code code = target_list_models(h->target, &h->models, &why);
    return code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

static sw_code open_host(bench_host *h, sw_err *err)
{
    sw_code code = h->o.url != NULL ? host_reach(h, err) : host_start(h, err);
    if (code == SW_OK)
        code = list_models(h, err);
    if (code == SW_OK)
        code = host_learn(h, err);
    if (code == SW_OK && h->facts.failed)
        code = sw_fail(err, SW_ENOMEM, "out of memory for facts about a server");
    return code;
}

sw_code host_open(bench_host **out, const host_options *options, sw_err *err)
{
    *out = NULL;
    bench_host *const h = mem_calloc(1, sizeof *h);
    if (h == NULL || (h->keep = arena_create()) == NULL) {
        mem_free(h);
        return sw_fail(err, SW_ENOMEM, "out of memory for a server");
    }
    h->o = *options;
    h->url = h->command = "";
    h->loaded = sample_values_none();
    fact_list_init(&h->facts, h->keep);
    const sw_code code = open_host(h, err);
    if (code == SW_OK)
        *out = h;
    else
        host_close(h);
    return code;
}

chat_target *host_target(bench_host *h)
{
    return h->target;
}

memory_watch *host_watch(bench_host *h)
{
    return h->watch;
}

const model_list *host_models(const bench_host *h)
{
    return &h->models;
}

bool host_is_spillway(const bench_host *h)
{
    return h->about.is_spillway;
}

server_record host_record(const bench_host *h)
{
    return (server_record){
        .subject = -1, .side = h->o.side, .url = h->url, .software = h->about.software, .command = h->command};
}

const fact_record *host_facts(const bench_host *h, size_t *n_out)
{
    *n_out = h->facts.n;
    return h->facts.items;
}

const placement_row *host_placement(const bench_host *h, size_t *n_out)
{
    *n_out = h->n_rows;
    return h->rows;
}

bool host_is_alive(bench_host *h)
{
    return h->server == NULL || server_process_is_alive(h->server);
}

void host_close(bench_host *h)
{
    if (h == NULL)
        return;
    watch_stop(h->watch);
    sample_source_close(h->source);
    target_close(h->target);
    server_process_stop(h->server);
    model_list_free(&h->models);
    arena_free(h->keep);
    mem_free(h);
}
