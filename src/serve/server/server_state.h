/* server_state.h - what the files of the server share.
 *
 * Three kinds of threads work on a request.  The *network thread* owns every connection and exchange and only moves
 * bytes.  The *intake's threads* parse bodies and submit jobs, one request after another in each of two lanes; what
 * waits for a model comes back to them from the pool's loader.  The *engines' threads* report events.  A request goes
 * to the intake through its queue; results and events come back through the inbox, and http_wake makes the network
 * thread look into it.
 */
#ifndef SERVER_SERVER_STATE_H
#define SERVER_SERVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "dialects/dialect.h"
#include "http/http.h"
#include "server/expert_requests.h"
#include "server/server_options.h"
#include "serving/event_queue.h"
#include "serving/intake.h"
#include "serving/model_pool.h"
#include "serving/serving_metrics.h"

enum { CLIENT_BUCKETS = 1024 };

/* The first member of every owner of an event queue in a server's inbox. */
typedef struct inbox_member {
    void (*look)(struct inbox_member *self); // network thread: goes on with it
} inbox_member;

struct server {
    server_options o; // clock and entropy are never NULL
    uint64_t started_ns;
    model_catalog catalog;        // grows by POST /api/models/discover
    char *default_dirs;           // of o.model_dirs, if none were given; NULL
    const model_entry *first;     // to be loaded at the start, or NULL
    const model_entry *preferred; // for requests that name none, or NULL
    model_pool *pool;
    intake *intake;
    event_inbox inbox;
    http_server *http;
    atomic_bool is_stopping;

    /* Network thread only. */
    serving_metrics metrics;
    struct experts_live *experts_live; // open streams, see experts_live.c
    expert_requests expert_requests;
    int n_client_jobs[CLIENT_BUCKETS]; // exchanges of the clients whose numbers fall into each bucket

    pthread_mutex_t lock; // of what follows
    bool has_started;     // the model to be loaded at the start is loaded, or there is none
    sw_err fatal;         // it could not be loaded
};

/* ---- listed_models.c -------------------------------------------------------------------------------------------- */

/* Returns true if the server was started with "stub:". */
bool server_is_stub(const server *s);
/* Fills the catalog: the model that was named, if it is a file or the stub, then what is in the folders.  Error:
 * SW_ENOMEM. */
SW_NODISCARD sw_code server_list_models(server *s, bool is_file, sw_err *err);
/* Adds what is new in the folders; one thread at a time.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code server_scan_models(server *s, sw_err *err);

/* ---- replies.c: answers of routes ------------------------------------------------------------------------------- */

/* A whole answer with JSON; takes `document` over, NULL: memory was short. */
void reply_json(http_conn *c, json_t *document);
void reply_json_status(http_conn *c, int status, json_t *document);
/* An error in the form of a family, with Retry-After where trying again helps. */
void reply_error(http_conn *c, const dialect *family, const api_error *error);
/* The error for a request that got no engine. */
void refuse_model(api_error *error, model_refusal refusal, const sw_err *why);
/* Writes what HTTP itself refuses; see http_options. */
void write_problem(void *ud, const http_conn *c, const http_problem *problem, buf *out, const char **content_type);

/* ---- exchange_metrics.c ----------------------------------------------------------------------------------------- */

/* Counts a request that got an error before there was a model for it. */
void count_refused(server *s, const char *endpoint, const api_error *error);

/* ---- health.c --------------------------------------------------------------------------------------------------- */

/* Returns true if the server is able to serve: a model is loaded, or a known one can be loaded on request.  While the
 * first model is being loaded, and after that failed, it is not. */
bool server_is_ready(server *s, api_error *error);

#endif
