/* host.h - one server that is measured: started for the benchmark, or given by its URL.
 *
 * A host knows what the server is, where its bytes are and how that is known, and watches its process.  A server that
 * was started never outlives its host.
 */
#ifndef SUITE_HOST_H
#define SUITE_HOST_H

#include "base/arena.h"
#include "client/target.h"
#include "monitor/watch.h"
#include "suite/subject_list.h"

typedef struct host_options {
    const bench_subject *subject;
    server_side side; // OFFLOADED: with --cpu-moe; REFERENCE: without; GIVEN: at `url`, or as serve_options say
    const char *const *serve_options; // more of the command line of a server of our own
    size_t n_serve_options;
    bool measures_cold;   // the model file is taken out of the page cache, and the server started twice
    const char *log_path; // of a server of our own
    const char *url;      // of a given one; NULL: our own
    const char *api_key;
    long server_pid; // of the given one; 0: found by its port
    const sw_clock *clock;
    const atomic_bool *cancel;
} host_options;

typedef struct bench_host bench_host;

/* Starts or reaches the server, waits until it is healthy, reads what it says about itself and verifies where the
 * experts are.  Errors: SW_EIO, SW_ECANCELED, SW_ELIMIT, SW_EINVAL, SW_ENOMEM. */
SW_NODISCARD sw_code host_open(bench_host **out, const host_options *options, sw_err *err);
chat_target *host_target(bench_host *host);
/* NULL: its memory is not measured; FACT_WATCH_NOTE says why. */
memory_watch *host_watch(bench_host *host);
/* Models that it lists. */
const model_list *host_models(const bench_host *host);
bool host_is_spillway(const bench_host *host);
/* subject and started_ms are the caller's to fill. */
server_record host_record(const bench_host *host);
/* Of this server (subject and server are the caller's to fill); valid until the host is closed. */
const fact_record *host_facts(const bench_host *host, size_t *n_out);
const placement_row *host_placement(const bench_host *host, size_t *n_out);
/* True while a server of our own runs, and always for a given one. */
bool host_is_alive(bench_host *host);
/* Ends a server of our own.  NULL is accepted. */
void host_close(bench_host *host);

#endif
