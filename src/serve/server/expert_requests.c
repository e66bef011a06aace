/* expert_requests.c - sums of a request's jobs, and the ring of the last ones. */
#include "server/expert_requests.h"

#include <stdio.h>

#include "json/experts_json.h"
#include "json/json_out.h"

bool request_experts_add(request_experts *r, sw_job *job)
{
    sw_expert_use *prompt, *generated;
    sw_err err = {0};
    if (sw_job_expert_use(job, &prompt, &generated, &err) != SW_OK)
        return false;
    if (r->prompt == NULL) {
        r->prompt = prompt;
        r->generated = generated;
        return true;
    }
    sw_expert_use_add(r->prompt, prompt);
    sw_expert_use_add(r->generated, generated);
    sw_expert_use_free(prompt);
    sw_expert_use_free(generated);
    return true;
}

json_t *request_experts_json(const request_experts *r)
{
    char id[17];
    snprintf(id, sizeof id, "%016llx", (unsigned long long)r->tag);
    json_t *document = json_pack("{s:s, s:s, s:s, s:i, s:i}", "object", "experts.request", "request", id, "model",
                                 r->model->id, "n_expert", r->prompt->n_experts, "n_expert_used", r->prompt->n_used);
    json_put(&document, "prompt", experts_use_json(r->prompt, /*n_pairs=*/0));
    json_put(&document, "generated", experts_use_json(r->generated, /*n_pairs=*/0));
    return document;
}

void request_experts_free(request_experts *r)
{
    sw_expert_use_free(r->prompt);
    sw_expert_use_free(r->generated);
    *r = (request_experts){0};
}

void expert_requests_keep(expert_requests *all, request_experts *r)
{
    request_experts *const place = &all->kept[all->n++ % LIMIT_EXPERT_REQUESTS];
    request_experts_free(place);
    *place = *r;
    *r = (request_experts){0};
}

const request_experts *expert_requests_find(const expert_requests *all, uint64_t tag)
{
    for (size_t i = 0; i < LIMIT_EXPERT_REQUESTS; i++) {
        if (all->kept[i].prompt != NULL && all->kept[i].tag == tag)
            return &all->kept[i];
    }
    return NULL;
}

void expert_requests_free(expert_requests *all)
{
    for (size_t i = 0; i < LIMIT_EXPERT_REQUESTS; i++)
        request_experts_free(&all->kept[i]);
}
