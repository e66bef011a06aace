/* client.h - asks a server one question at a time and notes when every byte of the answer came.
 *
 * Works with any server that speaks OpenAI's chat completions.  Times are taken in the transfer's write callback,
 * before anything is parsed.  Every wait has a bound, and a cancel flag is looked at ten times a second.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdatomic.h>

#include "base/clock.h"
#include "results/record.h"
#include "spillway/error.h"

typedef struct client_options {
    const char *url;     // "http://host:port", with or without "/v1"
    const char *api_key; // or NULL
    double connect_timeout_s;
    double first_token_timeout_s; // a prompt may take minutes on experts that live on disk
    double idle_timeout_s;        // between events
    const sw_clock *clock;
    const atomic_bool *cancel; // set from a signal handler or another thread; may be NULL
} client_options;

typedef struct bench_client bench_client;

/* Errors: SW_EINVAL (the URL or the key), SW_ENOMEM.  Nothing is sent yet. */
SW_NODISCARD sw_code client_open(bench_client **out, const client_options *options, sw_err *err);
void client_close(bench_client *client);

/* Called about ten times a second while an answer is under way; NULL: not at all. */
typedef void (*client_tick_fn)(void *ud, size_t n_events, double elapsed_s);
void client_set_tick(bench_client *client, client_tick_fn on_tick, void *ud);

/* The server's port when it is on this machine, else 0. */
int client_loopback_port(const bench_client *client);

/* Whether GET /health (or, on servers without it, GET /v1/models) answers 200. */
bool client_is_healthy(bench_client *client);
/* The id of the first model that the server lists; free with mem_free. */
SW_NODISCARD sw_code client_find_model(bench_client *client, char **model_out, sw_err *err);

/* Sends one streaming chat request and reads its answer to the end.  Whatever the server does is in the answer and no
 * error; *answer_out stays valid until the next request.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code client_ask(bench_client *client, const char *model, const test_plan *plan,
                                answer_record *answer_out, sw_err *err);

#endif
