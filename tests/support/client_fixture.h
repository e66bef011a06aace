/* client_fixture.h - the benchmark's client with one server: asks one question after another. */
#ifndef TESTS_CLIENT_FIXTURE_H
#define TESTS_CLIENT_FIXTURE_H

#include "client/fleet.h"

typedef struct client_fixture {
    chat_target *target;
    transfer_fleet *fleet;
    chat_transfer *transfer; // the last question
} client_fixture;

/* Each fails the test if the client refuses. */
client_fixture client_fixture_open(const char *url, const char *api_key);
void client_fixture_close(client_fixture *c);
/* Asks model "m" and returns its answer, a view until the next question.  Limits of `o` that are not set are such that
 * a busy machine does not reach them. */
answer_record client_fixture_ask(client_fixture *c, const test_plan *plan, transfer_options o);

#endif
