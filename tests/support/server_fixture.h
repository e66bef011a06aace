/* server_fixture.h - a server in a thread of its own, and a client of raw bytes; what goes wrong fails the test. */
#ifndef TEST_SERVER_FIXTURE_H
#define TEST_SERVER_FIXTURE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "server/server.h"

typedef struct server_fixture {
    server *server;
    pthread_t thread;
    sw_code code; // of server_serve
    sw_err err;
} server_fixture;

/* Starts a quiet server on a free port. */
void server_fixture_start(server_fixture *f, server_options options);
void server_fixture_stop(server_fixture *f);
/* Asks for health until the model is loaded. */
void server_fixture_until_ready(const server_fixture *f);

/* ---- the client ------------------------------------------------------------------------------------------------- */

int server_fixture_connect(const server_fixture *f);
void server_fixture_send(int fd, const char *bytes);
/* Appends what arrives within ms of the machine's clock.  Returns the bytes; 0: the connection is closed; -1: nothing
 * came. */
int server_fixture_receive(int fd, buf *in, int ms);
/* Receives until `mark` has arrived. */
void server_fixture_await(int fd, buf *in, const char *mark);
/* Returns true if the server closes the connection soon. */
bool server_fixture_is_closed(int fd);

/* Sends a request on a connection of its own, and returns all bytes of the answer (free with buf_free). */
buf server_fixture_ask(const server_fixture *f, const char *method, const char *path, const char *body);
int server_fixture_status(const buf *answer);

#endif
