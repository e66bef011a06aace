/* experts_json.c - reads the router's counts layer by layer. */
#include "json/experts_json.h"

#include "base/alloc.h"
#include "json/json_out.h"

static json_t *counts_json(const uint64_t *counts, int n)
{
    json_t *list = json_array();
    for (int x = 0; x < n; x++)
        json_push(&list, json_integer((json_int_t)counts[x]));
    return list;
}

json_t *experts_counts_json(const sw_engine *engine)
{
    const sw_model_info *const info = sw_engine_info(engine);
    uint64_t *const counts = mem_calloc((size_t)info->n_experts + 1, sizeof *counts); // + 1: dense models have none
    json_t *layers = counts != NULL ? json_array() : NULL;
    for (int l = 0; layers != NULL && l < info->n_layers; l++) {
        if (sw_engine_router_counts(engine, l, counts))
            json_push(&layers, json_pack("{s:i, s:o}", "layer", l, "counts", counts_json(counts, info->n_experts)));
    }
    mem_free(counts);
    return layers;
}
