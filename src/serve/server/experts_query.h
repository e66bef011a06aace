/* experts_query.h - what a request for facts about experts asks for, and the engine that it asks about. */
#ifndef SERVER_EXPERTS_QUERY_H
#define SERVER_EXPERTS_QUERY_H

#include "server/server_state.h"

enum { EXPERTS_PAIRS_MAX = 100 };

/* Parameters of a query, as bits: each route names those that it reads, and the others are refused. */
typedef enum experts_param {
    EXPERTS_MODEL = 1 << 0,
    EXPERTS_REQUEST = 1 << 1,
    EXPERTS_SINCE = 1 << 2,
    EXPERTS_PAIRS = 1 << 3,
    EXPERTS_FORMAT = 1 << 4,
    EXPERTS_FROM = 1 << 5,
    EXPERTS_LIMIT = 1 << 6,
} experts_param;

typedef struct experts_query {
    unsigned given;           // experts_param
    const model_entry *model; // NULL: that of the engine that was used last
    uint64_t tag;             // of EXPERTS_REQUEST
    sw_expert_span span;      // since the mark by default
    size_t n_pairs;           // of each layer; 0 by default
    bool is_csv;              // not JSON lines
    uint64_t from, limit;     // rows; from the first one without a limit by default
} experts_query;

/* Reads the query of c's request.  Returns false with *error set for a parameter that is not in `allowed`, or comes
 * twice, or has a wrong value. */
bool experts_query_read(const server *s, const http_conn *c, unsigned allowed, experts_query *out, api_error *error);

/* Calls `look` with the query's engine, which stays open meanwhile; `look` must be quick.  Returns false with *error
 * set if it is not loaded. */
bool experts_query_visit(server *s, const experts_query *query,
                         void (*look)(void *ud, const model_entry *model, sw_engine *engine), void *ud,
                         api_error *error);

/* The number at the end of an answer's id: the tag of its request (see sw_request).  Returns false if `id` has none. */
bool experts_tag_of(const char *id, uint64_t *tag_out);

#endif
