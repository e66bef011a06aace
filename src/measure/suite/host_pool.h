/* host_pool.h - the servers of a run: opened when a step needs them, kept while their model's turn lasts.
 *
 * The two sides of one model (offloaded and not) are both kept if memory allows; else one makes room for the other.
 */
#ifndef SUITE_HOST_POOL_H
#define SUITE_HOST_POOL_H

#include "hosts/host.h"
#include "results/store.h"
#include "suite/bench_options.h"

typedef struct host_pool_options {
    const bench_options *bench;
    subject_list *subjects; // whose names become those that their servers list
    const char *dir;        // of the logs
    arena *keep;            // of paths and names
    result_store *store;
    int64_t run_id;
    int session;
    uint64_t origin_ns; // when the clock showed this ...
    int64_t origin_ms;  // ... the run was that old
} host_pool_options;

typedef struct pooled_host {
    bench_host *host;
    int subject;
    server_side side;
    int server;                            // position in run_record.servers; -1: not stored yet
    int64_t opened_ms;                     // since the run began
    size_t n_facts;                        // that are stored
    const char *model;                     // that requests name
    bool is_warm, has_answered, is_probed; // for the caller
} pooled_host;

typedef struct host_pool host_pool;

/* The options are read as long as the pool lives; store and run are needed from the first host_pool_store on.  Error:
 * SW_ENOMEM. */
SW_NODISCARD sw_code host_pool_create(host_pool **out, const host_pool_options *options, sw_err *err);
/* The server of this side of a model; opened if it is not, and servers of other models are closed.  Errors as
 * host_open.
 */
SW_NODISCARD sw_code host_pool_get(host_pool *pool, int subject, server_side side, pooled_host **out, sw_err *err);
/* Stores what is known of a server and not stored yet.  Errors as the store. */
SW_NODISCARD sw_code host_pool_store(host_pool *pool, pooled_host *host, sw_err *err);
/* More options of servers of our own, beside those of the benchmark: if they differ from those before, open servers are
 * closed, and the next is started with these.  The list must outlive the pool. */
void host_pool_set_options(host_pool *pool, const char *const *options, size_t n);
/* Ends all servers of our own. */
void host_pool_close_all(host_pool *pool);
/* NULL is accepted. */
void host_pool_free(host_pool *pool);

#endif
