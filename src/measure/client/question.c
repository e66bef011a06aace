/* question.c - the fields of a request; OPTIONAL are those that it can do without. */
#include "client/question.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* In the order in which their names are looked for: a member of stream_options is named with its parent. */
static const struct {
    const char *name, *parent; // parent: the member that holds it, or NULL
} OPTIONAL[] = {
    {"continuous_usage_stats", "stream_options"},
    {"timings_per_token", NULL},
    {"return_token_ids", NULL},
    {"cache_prompt", NULL},
    {"experts", NULL},
    {"stream_options", NULL},
};
enum { N_OPTIONAL = sizeof OPTIONAL / sizeof OPTIONAL[0] };

/* The object that holds optional field i. */
static json_t *holder_of(json_t *document, size_t i)
{
    return OPTIONAL[i].parent != NULL ? json_object_get(document, OPTIONAL[i].parent) : document;
}

/* Returns true if the target refused an optional field of that name before. */
static bool is_refused(const question *q, const char *name)
{
    for (size_t i = 0; i < N_OPTIONAL; i++) {
        if (strcmp(OPTIONAL[i].name, name) == 0)
            return (q->refused & 1u << i) != 0;
    }
    return false;
}

/* Returns true if the prefix of the prompt is avoided by a field, as llama-server and spillway have it. */
static bool has_cache_switch(const question *q)
{
    return (q->wants_experts || strcmp(q->software, "llama.cpp") == 0) && !is_refused(q, "cache_prompt");
}

/* The prompt; after a line that no other question has if the server cannot be asked to evaluate it anew. */
static json_t *prompt_of(const question *q)
{
    if (!q->avoids_prefix || has_cache_switch(q))
        return json_string(q->plan->prompt);
    return json_sprintf("[%016" PRIx64 "]\n%s", q->nonce, q->plan->prompt);
}

/* What a stream is asked for; usage, because counts of the server are better than counts of events. */
static int add_stream_fields(json_t *document, const question *q)
{
    int failed = json_object_set_new(document, "stream_options", json_pack("{s:b}", "include_usage", 1));
    if (q->wants_token_counts) {
        failed |= json_object_set_new(document, "timings_per_token", json_true());
        failed |=
            json_object_set_new(json_object_get(document, "stream_options"), "continuous_usage_stats", json_true());
    }
    return failed;
}

/* What was said before, then the prompt, which is consumed. */
static json_t *messages_of(const question *q, json_t *prompt)
{
    json_t *const messages = json_array();
    int failed = 0;
    for (size_t i = 0; i < q->n_history; i++)
        failed |= json_array_append_new(messages,
                                        json_pack("{s:s, s:s}", "role", q->history[i].is_answer ? "assistant" : "user",
                                                  "content", q->history[i].text));
    failed |= json_array_append_new(messages, json_pack("{s:s, s:o}", "role", "user", "content", prompt));
    if (failed == 0)
        return messages;
    json_decref(messages);
    return NULL;
}

static int add_fields(json_t *document, const question *q)
{
    json_t *const prompt = prompt_of(q);
    int failed = q->is_generate ? json_object_set_new(document, "prompt", prompt)
                                : json_object_set_new(document, "messages", messages_of(q, prompt));
    if (q->ignores_eos)
        failed |= json_object_set_new(document, "ignore_eos", json_true());
    if (q->is_ollama)
        return failed;
    if (!q->is_whole && !q->is_generate)
        failed |= add_stream_fields(document, q);
    if (q->avoids_prefix && has_cache_switch(q))
        failed |= json_object_set_new(document, "cache_prompt", json_false());
    if (q->wants_experts && !q->is_generate) {
        failed |= json_object_set_new(document, "experts", json_true());
        failed |= json_object_set_new(document, "return_token_ids", json_true());
    }
    return failed;
}

/* Model and sampling; Ollama has them in "options". */
static json_t *sampling_document(const question *q)
{
    const test_plan *const plan = q->plan;
    if (q->is_ollama)
        return json_pack("{s:s, s:b, s:{s:i, s:f, s:I}}", "model", q->model, "stream", !q->is_whole, "options",
                         "num_predict", plan->max_tokens, "temperature", plan->temperature, "seed",
                         (json_int_t)plan->seed);
    return json_pack("{s:s, s:i, s:f, s:I, s:b}", "model", q->model, "max_tokens", plan->max_tokens, "temperature",
                     plan->temperature, "seed", (json_int_t)plan->seed, "stream", !q->is_whole);
}

json_t *question_document(const question *q)
{
    json_t *const document = sampling_document(q);
    if (document == NULL || add_fields(document, q) != 0) {
        json_decref(document);
        return NULL;
    }
    for (size_t i = 0; i < N_OPTIONAL; i++) {
        if (is_refused(q, OPTIONAL[i].name))
            json_object_del(holder_of(document, i), OPTIONAL[i].name);
    }
    return document;
}

/* A server that names a member of stream_options refuses this member and not the others. */
unsigned question_drop(json_t *document, const char *reason)
{
    unsigned dropped = 0;
    bool names_member = false;
    for (size_t i = 0; i < N_OPTIONAL; i++) {
        json_t *const holder = holder_of(document, i);
        const bool is_parent = strcmp(OPTIONAL[i].name, "stream_options") == 0;
        if ((is_parent && names_member) || strstr(reason, OPTIONAL[i].name) == NULL ||
            json_object_get(holder, OPTIONAL[i].name) == NULL)
            continue;
        names_member |= OPTIONAL[i].parent != NULL;
        json_object_del(holder, OPTIONAL[i].name);
        dropped |= 1u << i;
    }
    return dropped;
}
