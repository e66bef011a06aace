/* exchange_intake.c - what happens to an exchange on the intake's thread: its body becomes a request, the request one
 * job for each answer, in waves. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "dialects/generation_fields.h"
#include "server/exchange_state.h"

enum { EVENTS_BYTES_MAX = LIMIT_PROMPT_BYTES }; // of one job, which may echo its prompt; it pauses long before

static void refused(void *job, model_refusal refusal, const sw_err *why)
{
    refuse_model(&((exchange *)job)->error, refusal, why);
}

/* Adds what the request asked for and this model does not honour to what its family already noted. */
static void note_ignored(exchange *x, const sw_model_info *info)
{
    generation_request *const r = &x->request;
    const model_entry *const m = model_handle_model(x->handle);
    if (r->effort_name != NULL && strcmp(info->chat_format, "harmony") != 0)
        generation_ignore(r, r->effort_name);
    if (r->model != NULL && model_catalog_find(&x->server->catalog, r->model) != m)
        generation_ignore(r, "model"); // any name is answered
    snprintf(x->ignored, sizeof x->ignored, "%s", r->ignored);
}

/* Copies the stop strings, which outlive the request: the end of an answer names one.  Returns false if memory is
 * short. */
static bool keep_stops(exchange *x)
{
    const sw_request *const core = &x->request.core;
    size_t n_bytes = core->n_stop * sizeof *x->stops;
    for (size_t i = 0; i < core->n_stop; i++)
        n_bytes += strlen(core->stop[i]) + 1;
    x->stops = mem_alloc(n_bytes);
    if (x->stops == NULL)
        return false;
    char *p = (char *)(x->stops + core->n_stop);
    for (size_t i = 0; i < core->n_stop; i++) {
        x->stops[i] = p;
        p = stpcpy(p, core->stop[i]) + 1;
    }
    x->head.stop = x->stops;
    x->head.n_stop = core->n_stop;
    return true;
}

static void fill_head(exchange *x, const model_entry *m, double load_ms)
{
    const server_options *const o = &x->server->o;
    const generation_request *const r = &x->request;
    generation_head *const h = &x->head;
    x->experts.tag = entropy_next(o->entropy);
    x->experts.model = m;
    snprintf(h->id, sizeof h->id, "%s%016llx", x->family->id_prefix, (unsigned long long)x->experts.tag);
    h->request_id = x->request_id;
    h->ignored = x->ignored;
    h->created = clock_unix_s(o->clock);
    h->fingerprint = h->backend = ""; // until there is an engine
    h->model = m->id;
    h->n_choices = r->n_choices;
    h->n_answers = x->n_choices;
    h->is_base64 = r->is_base64;
    h->seed = r->core.sampling.seed;
    h->sampling = r->core.sampling;
    h->sampling.biases = NULL; // the request's
    h->load_ms = load_ms;
    h->include_usage = r->include_usage;
    h->usage_per_token = r->usage_per_token;
    h->timings_per_token = r->timings_per_token;
    h->hides_reasoning = r->hides_reasoning;
    h->repeated = json_incref(r->repeated);
    h->unloads = r->has_keep_alive && r->keep_alive_s == 0;
}

/* The model that a request only unloads, if that is not loaded: it must not be loaded for this.  NULL: the request
 * needs a model. */
static const model_entry *unloaded_already(const exchange *x)
{
    const generation_request *const r = &x->request;
    if (!r->loads_only || !r->has_keep_alive || r->keep_alive_s != 0 || r->model == NULL)
        return NULL;
    const model_entry *const m = model_catalog_find(&x->server->catalog, r->model);
    const model_status status = m != NULL ? model_pool_state(x->server->pool, m).status : MODEL_LOADING;
    return status == MODEL_UNLOADED || status == MODEL_FAILED ? m : NULL;
}

static bool prepare(void *job, const char **model_out)
{
    exchange *const x = job;
    const sw_entropy *const entropy = x->server->o.entropy;
    if (atomic_load(&x->is_abandoned))
        return false;
    const bool is_read = x->family->parse(&x->request, x->body, x->n_body, entropy_next(entropy), &x->error);
    if (x->request.family != NULL)
        x->family = x->request.family;
    *model_out = x->request.model;
    const model_entry *const unloaded = is_read ? unloaded_already(x) : NULL;
    if (unloaded != NULL) {
        fill_head(x, unloaded, /*load_ms=*/0);
        x->is_stream = x->request.stream;
    }
    return is_read && unloaded == NULL;
}

/* ---- jobs ------------------------------------------------------------------------------------------------------- */

/* The request of answer number i. */
static sw_request request_of(exchange *x, size_t i)
{
    const generation_request *const r = &x->request;
    const size_t n_choices = (size_t)r->n_choices;
    sw_request core = r->core;
    if (r->prompts != NULL) {
        const generation_prompt *const p = &r->prompts[i / n_choices];
        core.prompt = p->text;
        core.tokens = p->tokens;
        core.n_tokens = p->n_tokens;
    }
    core.sampling.seed += i % n_choices;
    core.client = x->client;
    core.tag = x->experts.tag;
    core.on_event = event_queue_on_event;
    core.has_room = event_queue_has_room;
    core.ud = &x->choices[i].events;
    return core;
}

static void init_choice(exchange_choice *c, exchange *x)
{
    c->x = x;
    c->reader = (event_reader){.bytes = &c->taken};
    event_queue_init(&c->events, &x->server->inbox, c, EVENTS_BYTES_MAX);
    buf_init(&c->content, LIMIT_ANSWER_BYTES);
    buf_init(&c->reasoning, LIMIT_ANSWER_BYTES);
    buf_init(&c->logprobs, LIMIT_ANSWER_BYTES);
    buf_init(&c->embedding, (size_t)LIMIT_MODEL_DIM * sizeof(float));
    buf_init(&c->token_ids, LIMIT_CTX_TOKENS * sizeof(int32_t));
}

/* Puts the prompt of answer number i before the answer. */
static sw_code put_echo(exchange *x, size_t i, sw_err *err)
{
    const generation_prompt *const p = &x->request.prompts[i / (size_t)x->request.n_choices];
    const sw_tokenizer *const tokenizer = sw_engine_tokenizer(model_handle_engine(x->handle));
    char *decoded = NULL;
    size_t n = p->text != NULL ? strlen(p->text) : 0;
    if (p->text == NULL &&
        sw_tokenizer_decode(tokenizer, p->tokens, p->n_tokens, /*render_special=*/true, &decoded, &n, err) != SW_OK)
        return err->code;
    if (decoded != NULL)
        utf8_replace_invalid(decoded, n);
    event_queue_put_text(&x->choices[i].events, decoded != NULL ? decoded : p->text, n);
    sw_text_free(decoded);
    return SW_OK;
}

static sw_code submit_one(exchange *x, sw_err *err)
{
    const size_t i = x->n_submitted++;
    init_choice(&x->choices[i], x);
    const sw_request core = request_of(x, i);
    const sw_code code = x->request.echo ? put_echo(x, i, err) : SW_OK;
    return code == SW_OK ? sw_engine_submit(model_handle_engine(x->handle), &core, &x->choices[i].job, err) : code;
}

/* x->error becomes the engine's; of a prompt that does not fit it says where it is from. */
static void fail_as_engine(exchange *x, const sw_err *err)
{
    const char *const name = x->request.prompt_name;
    api_from_engine(&x->error, err, sw_engine_get_state(model_handle_engine(x->handle)).n_ctx);
    if (x->error.what == API_CONTEXT_LENGTH && name != NULL)
        snprintf(x->error.param, sizeof x->error.param, "%s", name);
}

/* Submits the next jobs; on failure x->error is set, and the jobs before are canceled with the exchange. */
static void submit_wave(exchange *x)
{
    sw_err err = {0};
    for (int i = 0; i < EXCHANGE_WAVE_JOBS && x->n_submitted < x->n_choices; i++) {
        if (submit_one(x, &err) != SW_OK) {
            fail_as_engine(x, &err);
            return;
        }
    }
}

static void admitted(void *job, model_handle *handle, double load_ms)
{
    exchange *const x = job;
    x->handle = handle;
    if (x->request.has_keep_alive)
        model_handle_keep_alive(handle, x->request.keep_alive_s);
    note_ignored(x, sw_engine_info(model_handle_engine(handle)));
    x->n_choices = generation_n_answers(&x->request);
    fill_head(x, model_handle_model(handle), load_ms);
    x->head.fingerprint = model_handle_fingerprint(handle);
    x->head.backend = sw_engine_get_state(model_handle_engine(handle)).backend;
    x->is_stream = x->request.stream;
    x->wants_progress = x->request.return_progress;
    x->wants_logprobs = x->request.core.logprobs;
    x->wants_experts = x->request.core.count_experts;
    x->wants_token_ids = x->request.core.keep_tokens;
    x->choices = mem_calloc(x->n_choices, sizeof *x->choices);
    if (x->choices != NULL && keep_stops(x))
        submit_wave(x);
    else
        api_fail(&x->error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
}

static bool prepare_wave(void *job, const char **model_out)
{
    exchange *const x = job;
    *model_out = NULL;
    if (!atomic_load(&x->is_abandoned))
        submit_wave(x);
    return false; // it has its model
}

static void stopped(void *job)
{
    api_fail(&((exchange *)job)->error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
}

static void finished(void *job)
{
    exchange *const x = job;
    if (x->n_submitted == x->n_choices || x->error.what != API_OK)
        generation_request_free(&x->request);
    mem_free(x->body);
    x->body = NULL;
    event_queue_open_to_reader(&x->ready); // from here on x is the network thread's
}

const intake_steps EXCHANGE_STEPS = {prepare, refused, admitted, stopped, finished};
const intake_steps EXCHANGE_WAVE_STEPS = {prepare_wave, refused, admitted, stopped, finished};
