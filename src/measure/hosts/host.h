/* host.h - one server that is measured: started for the benchmark, or given by its URL.
 *
 * A host knows what the server is, where its bytes are and how that is known, and watches its process.  A server that
 * was started never outlives its host.
 */
#ifndef HOSTS_HOST_H
#define HOSTS_HOST_H

#include "client/target.h"
#include "hosts/host_options.h"
#include "hosts/subject_list.h"
#include "monitor/watch.h"

typedef struct bench_host bench_host;

/* Starts or reaches the server, waits until it is healthy, reads what it says about itself and verifies where the
 * experts are.  Errors: SW_EIO, SW_ECANCELED, SW_ELIMIT, SW_EINVAL, SW_ENOMEM. */
SW_NODISCARD sw_code host_open(bench_host **out, const host_options *options, sw_err *err);
chat_target *host_target(bench_host *host);
/* NULL: its memory is not measured; FACT_WATCH_NOTE says why. */
memory_watch *host_watch(bench_host *host);
/* Models that it lists. */
const model_list *host_models(const bench_host *host);
/* The name by which it is asked for the model: a server of our own gives it one, a given one knows the user's. */
const char *host_model(const bench_host *host);
bool host_is_spillway(const bench_host *host);
/* subject and started_ms are the caller's to fill. */
server_record host_record(const bench_host *host);
/* Of this server (subject and server are the caller's to fill); valid until the host is closed. */
const fact_record *host_facts(const bench_host *host, size_t *n_out);
const placement_row *host_placement(const bench_host *host, size_t *n_out);
/* Finds out at which temperature the server samples when it is asked for `asked`, and adds TEMPERATURE_SOURCE and
 * TEMPERATURE_FOUND to its facts, the latter with the interval as its text.  A spillway says it in every answer;
 * others are asked for forty tokens.  *agrees_out: false only if another temperature was found.  Errors: SW_ECANCELED,
 * SW_ENOMEM. */
SW_NODISCARD sw_code host_probe_temperature(bench_host *host, double asked, bool *agrees_out, sw_err *err);
/* True while a server of our own runs, and always for a given one. */
bool host_is_alive(bench_host *host);
/* Ends a server of our own.  NULL is accepted. */
void host_close(bench_host *host);

#endif
