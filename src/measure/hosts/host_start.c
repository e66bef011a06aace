/* host_start.c - a clean start of a server of our own, timed, with a cold and a warm page cache. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "hosts/cold_file.h"
#include "hosts/host_state.h"
#include "hosts/server_post.h"

enum { LOAD_SECONDS_MAX = 3600 }; // a large model on a slow disk takes minutes

static const char SOURCE[] = "measured";
static const double IN_CACHE = 0.99; // of the file: a start counts as warm

/* ---- the command line -------------------------------------------------------------------------------------------- */

/* Options that say where experts go, and the number of words of each. */
static size_t n_placement_words(const char *option)
{
    static const struct {
        const char *name;
        size_t n_words;
    } OPTIONS[] = {{"--cpu-moe", 1}, {"-cmoe", 1}, {"--n-cpu-moe", 2}, {"-ncmoe", 2}};
    const size_t n = strcspn(option, "=");
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        if (strlen(OPTIONS[i].name) == n && memcmp(option, OPTIONS[i].name, n) == 0)
            return option[n] == '=' ? 1 : OPTIONS[i].n_words;
    }
    return 0;
}

/* Sets the options for this side: the user's, without those of the placement for the reference, and with --cpu-moe for
 * the other side unless the user placed experts. */
static sw_code set_options(bench_host *h, sw_err *err)
{
    const host_options *const o = &h->o;
    const char **const options = arena_alloc(h->keep, (o->n_serve_options + 1) * sizeof *options);
    size_t n = 0, n_skipped = 0;
    bool is_placed = false;
    if (options == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory starting a server");
    for (size_t i = 0; i < o->n_serve_options; i++) {
        const size_t n_words = n_placement_words(o->serve_options[i]);
        is_placed |= n_words > 0;
        if (n_words > 0 && o->side == SIDE_REFERENCE)
            n_skipped = n_words;
        if (n_skipped > 0)
            n_skipped--;
        else
            options[n++] = o->serve_options[i];
    }
    if (o->side == SIDE_OFFLOADED && !is_placed)
        options[n++] = "--cpu-moe";
    h->options = options;
    h->n_options = n;
    return SW_OK;
}

/* As a user would type it. */
static const char *command_of(const bench_host *h)
{
    buf text;
    buf_init(&text, 65536);
    buf_printf(&text, "spillway serve %s", h->o.subject->path);
    for (size_t i = 0; i < h->n_options; i++)
        buf_printf(&text, " %s", h->options[i]);
    const char *const kept = text.failed == SW_OK ? arena_copy(h->keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    return kept;
}

/* ---- one start --------------------------------------------------------------------------------------------------- */

/* Waits for the first healthy answer; until then the model is loading. */
static sw_code wait_until_healthy(const bench_host *h, sw_err *err)
{
    const uint64_t step_ns = 10 * 1000000u;
    const uint64_t deadline_ns = clock_now_ns(h->o.clock) + LOAD_SECONDS_MAX * 1000000000ull;
    while (!target_is_healthy(h->target)) {
        if (!server_process_is_alive(h->server))
            return sw_fail(err, SW_EIO, "the server ended while loading; %s says why", h->o.log_path);
        if (atomic_load_explicit(h->o.cancel, memory_order_relaxed))
            return sw_fail(err, SW_ECANCELED, "canceled while the server was loading");
        if (clock_now_ns(h->o.clock) > deadline_ns)
            return sw_fail(err, SW_ELIMIT, "the server was not ready within an hour; see %s", h->o.log_path);
        clock_sleep_ns(h->o.clock, step_ns);
    }
    return SW_OK;
}

/* Its memory is watched from the beginning, so that the peak of loading is seen. */
static sw_code start_process(bench_host *h, sw_err *err)
{
    const server_process_options process = {.model = h->o.subject->path,
                                            .serve_options = h->options,
                                            .n_serve_options = h->n_options,
                                            .log_path = h->o.log_path,
                                            .clock = h->o.clock,
                                            .cancel = h->o.cancel};
    sw_code code = server_process_start(&h->server, &process, err);
    if (code == SW_OK)
        code = host_watch_process(h, server_process_pid(h->server), err);
    if (code == SW_OK)
        code = server_process_url(h->server, &h->url, err);
    return code == SW_OK ? target_open(&h->target, h->url, h->o.api_key, err) : code;
}

static double ms_since(const bench_host *h, uint64_t start_ns)
{
    return ns_to_ms(clock_now_ns(h->o.clock) - start_ns);
}

static sw_code start(bench_host *h, double *load_ms, double *token_ms, sw_err *err)
{
    const uint64_t start_ns = clock_now_ns(h->o.clock);
    sw_code code = start_process(h, err);
    if (code == SW_OK)
        code = wait_until_healthy(h, err);
    if (code != SW_OK)
        return code;
    *load_ms = ms_since(h, start_ns);
    sw_err why = {0}; // a server that cannot answer shows it in the first test
    code = server_post_token(h->target, h->o.subject->record.name, LOAD_SECONDS_MAX, h->o.cancel, &why);
    *token_ms = code == SW_OK ? ms_since(h, start_ns) : NAN;
    return code == SW_ECANCELED || code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

static void stop(bench_host *h)
{
    watch_stop(h->watch);
    h->watch = NULL;
    sample_source_close(h->source);
    h->source = NULL;
    target_close(h->target);
    h->target = NULL;
    server_process_stop(h->server);
    h->server = NULL;
}

/* ---- cold and warm ----------------------------------------------------------------------------------------------- */

static sw_code start_cold(bench_host *h, double cached_bytes, double *token_ms, sw_err *err)
{
    double load_ms;
    const sw_code code = start(h, &load_ms, token_ms, err);
    if (code != SW_OK)
        return code;
    fact_list_number(&h->facts, FACT_LOAD_COLD_MS, load_ms, SOURCE);
    fact_list_number(&h->facts, FACT_COLD_CACHED_BYTES, cached_bytes, SOURCE);
    return SW_OK;
}

static sw_code start_warm(bench_host *h, double *token_ms, sw_err *err)
{
    double load_ms;
    const sw_code code = start(h, &load_ms, token_ms, err);
    if (code == SW_OK)
        fact_list_number(&h->facts, FACT_LOAD_WARM_MS, load_ms, SOURCE);
    return code;
}

/* A start that nothing prepared is what the page cache made of it; one without a file is warm. */
static sw_code start_as_it_is(bench_host *h, double *token_ms, sw_err *err)
{
    const double size = (double)h->o.subject->record.file_bytes, cached = cold_file_cached(h->o.subject->path);
    const bool is_warm = size == 0 || cached >= IN_CACHE * size;
    return is_warm ? start_warm(h, token_ms, err) : start_cold(h, cached, token_ms, err);
}

static sw_code start_twice(bench_host *h, double *token_ms, sw_err *err)
{
    double again_ms;
    cold_file_drop(h->o.subject->path);
    const sw_code code = start_cold(h, cold_file_cached(h->o.subject->path), token_ms, err);
    stop(h);
    return code == SW_OK ? start_warm(h, &again_ms, err) : code;
}

sw_code host_start(bench_host *h, sw_err *err)
{
    const bool is_cold = h->o.measures_cold && h->o.subject->record.file_bytes > 0;
    double token_ms = NAN;
    sw_code code = set_options(h, err);
    if (code == SW_OK && (h->command = command_of(h)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory starting a server");
    if (code == SW_OK)
        code = is_cold ? start_twice(h, &token_ms, err) : start_as_it_is(h, &token_ms, err);
    if (code != SW_OK)
        return code;
    fact_list_number(&h->facts, FACT_FIRST_TOKEN_LOAD_MS, token_ms, SOURCE);
    fact_list_number(&h->facts, FACT_PROCESS_ID, (double)server_process_pid(h->server), SOURCE);
    return SW_OK;
}
