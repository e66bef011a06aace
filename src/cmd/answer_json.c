/* answer_json.c - the JSON document of `spillway run --json`; docs/commands.md describes it. */
#include "cmd/answer_json.h"

#include <stdio.h>

#include <jansson.h>

#include "cmd/json_print.h"
#include "json/experts_json.h"

/* Text of the model: valid UTF-8 that may contain zero bytes. */
static json_t *text_to_json(const buf *text)
{
    return json_stringn(buf_str(text), text->size);
}

/* NULL when memory is short. */
static json_t *experts_json(const sw_engine *engine)
{
    sw_expert_use *use;
    sw_err err = {0};
    if (sw_engine_expert_use(engine, SW_EXPERTS_SINCE_OPEN, /*with_pairs=*/false, &use, &err) != SW_OK)
        return NULL;
    json_t *const layers = experts_counts_json(use, NULL);
    sw_expert_use_free(use);
    return layers;
}

sw_code answer_print_json(const sw_engine *engine, const generation *g, sw_err *err)
{
    static const char *const FINISH[] = {
        [SW_FINISH_STOP] = "stop", [SW_FINISH_LENGTH] = "length", [SW_FINISH_CANCELED] = "canceled"};
    const sw_event *const e = &g->done;
    const sw_timings *const t = &e->timings;
    json_t *const root =
        json_pack("{so, so, ss, s{si, si, si}, s{sf, sf, sf}, so}", "content", text_to_json(&g->content), "reasoning",
                  text_to_json(&g->reasoning), "finish", FINISH[e->finish], "tokens", "prompt", e->n_prompt, "answer",
                  e->n_predicted, "reasoning", e->n_reasoning, "ms", "prompt", t->prompt_ms, "first_token", t->ttft_ms,
                  "answer", t->predict_ms, "experts", experts_json(engine));
    if (root == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the JSON document");
    const bool ok = json_print(root, JSON_COMPACT);
    json_decref(root);
    return ok ? SW_OK : sw_fail(err, SW_EIO, "standard output cannot be written");
}
