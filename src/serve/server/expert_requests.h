/* expert_requests.h - the experts of single requests: added up over a request's jobs, shown in its answer, and kept for
 * GET /v1/experts?request=ID.  Network thread only. */
#ifndef SERVER_EXPERT_REQUESTS_H
#define SERVER_EXPERT_REQUESTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "serving/model_catalog.h"
#include "spillway.h"

/* The experts that one request used. */
typedef struct request_experts {
    uint64_t tag;                      // see sw_request
    const model_entry *model;          // of the catalog
    sw_expert_use *prompt, *generated; // owned; NULL: no job was added
} request_experts;

/* Adds those of a job that has ended.  Returns false if memory is short, or if its request did not ask for it. */
bool request_experts_add(request_experts *r, sw_job *job);

/* {"object", "request", "model", "n_expert", "n_expert_used", "prompt", "generated"}; the last two as experts_use_json.
 * New reference; NULL when memory is short. */
json_t *request_experts_json(const request_experts *r);

void request_experts_free(request_experts *r);

/* The last requests that asked for it, in a ring. */
typedef struct expert_requests {
    request_experts kept[LIMIT_EXPERT_REQUESTS];
    uint64_t n; // ever kept
} expert_requests;

/* Takes over what *r owns and empties it; the oldest makes room. */
void expert_requests_keep(expert_requests *all, request_experts *r);
/* NULL: it was not kept, or not for long enough. */
const request_experts *expert_requests_find(const expert_requests *all, uint64_t tag);
void expert_requests_free(expert_requests *all);

#endif
