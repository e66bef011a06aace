/* server_about.h - which program a server is and how it is set, by what it answers.
 *
 * Programs are told apart by documents that only they have: spillway and shimmy by GET /health, llama-server by GET
 * /props, Ollama by GET /api/version, vLLM by GET /version; others by their Server header.
 */
#ifndef HOSTS_SERVER_ABOUT_H
#define HOSTS_SERVER_ABOUT_H

#include "client/target.h"
#include "hosts/fact_list.h"

enum { SERVER_SOFTWARE_BYTES = 128 };

typedef struct server_about {
    char software[SERVER_SOFTWARE_BYTES]; // "llama-server b9999", or ""
    bool is_spillway, is_ollama;
} server_about;

/* Asks, and puts N_CTX, N_SLOTS and SAMPLER as far as the server says so.  Error: SW_ENOMEM; a server that says nothing
 * is no error. */
SW_NODISCARD sw_code server_about_read(server_about *out, chat_target *target, fact_list *facts, sw_err *err);

#endif
