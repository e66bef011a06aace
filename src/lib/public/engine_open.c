/* engine_open.c - opening an engine, closing it, and reading its state.
 *
 * An engine owns a model file's header, its vocabulary, a language model (weights, or the stub) and the scheduler that
 * drives it.  They are closed in reverse: the scheduler's thread ends before what it uses is freed.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "engine/model_lm.h"
#include "engine/stub.h"
#include "public/engine_options.h"
#include "public/handle.h"
#include "public/model_file.h"
#include "public/request.h"

static const char STUB_PATH[] = "stub:";

/* ---- opening and closing ---- */

/* It has no weights to place.  Errors: SW_EINVAL (a strict placement option). */
static sw_code place_stub(sw_engine *e, const sw_engine_options *o, sw_err *err)
{
    static const char *const NOTES[] = {"--cpu-moe has no effect: the stub has no weights",
                                        "--n-cpu-moe has no effect: the stub has no weights",
                                        "--n-gpu-layers has no effect: the stub has no weights",
                                        "--vram has no effect: the stub has no weights",
                                        "--override-tensor has no effect: the stub has no weights",
                                        "--devices has no effect: the stub has no weights",
                                        "the profile of experts has no effect: the stub has no weights",
                                        "--expert-cache has no effect: the stub has no weights",
                                        "--stream-tokens has no effect: the stub has no weights",
                                        "--mask-experts has no effect: the stub has no experts"};
    const bool is_given[] = {o->cpu_moe,
                             o->n_cpu_moe > 0,
                             o->n_gpu_layers > 0,
                             o->vram_bytes > 0,
                             o->override_tensors != NULL,
                             o->devices != NULL && strcmp(o->devices, "none") != 0 && strcmp(o->devices, "auto") != 0,
                             o->expert_heat != NULL,
                             o->expert_cache_bytes > 0,
                             o->stream_tokens > 0,
                             o->mask_experts != NULL};
    e->state.placement_effect = o->n_gpu_layers < 0 ? "full" : "default";
    for (size_t i = 0; i < sizeof is_given / sizeof *is_given && e->state.placement_note == NULL; i++)
        e->state.placement_note = is_given[i] ? NOTES[i] : NULL;
    if (e->state.placement_note == NULL)
        return SW_OK;
    e->state.placement_effect = "none";
    return o->is_strict ? sw_fail(err, SW_EINVAL, "%s", e->state.placement_note) : SW_OK;
}

/* An engine without weights: the stub's vocabulary, ChatML, and facts that say so. */
static sw_code open_stub(sw_engine *e, const sw_engine_options *options, sw_err *err)
{
    sw_code code = stub_vocab(&e->context.vocab, err);
    if (code == SW_OK)
        code = stub_open(&e->lm, e->context.vocab, options, e->clock, err);
    if (code != SW_OK)
        return code;
    e->context.format = CHAT_CHATML;
    e->info = (sw_model_info){.name = "stub",
                              .path = STUB_PATH,
                              .arch = "stub",
                              .quant = "none",
                              .tokenizer = vocab_description(e->context.vocab),
                              .chat_format = chat_format_name(e->context.format),
                              .n_embd = e->lm->n_embd,
                              .n_vocab = e->lm->n_vocab,
                              .n_ctx_train = STUB_CTX_TRAIN};
    e->state = (sw_engine_state){.n_threads = 1,
                                 .n_ctx = e->lm->n_ctx,
                                 .n_seqs = e->lm->n_seqs,
                                 .n_batch = e->lm->n_batch,
                                 .isa = "none",
                                 .backend = "stub"};
    return place_stub(e, options, err);
}

/* Says whom the answers follow, if it makes a difference. */
static void note_compat(sw_engine *e, sw_compat compat)
{
    const bool is_original = compat == SW_COMPAT_ORIGINAL;
    if (e->info.compat_difference == NULL)
        return;
    snprintf(e->compat_note, sizeof e->compat_note,
             "llama.cpp and the model's original code differ in %s; answers follow %s (--compat %s: the other)",
             e->info.compat_difference, is_original ? "the original code" : "llama.cpp",
             is_original ? "llama.cpp" : "original");
    e->state.compat_note = e->compat_note;
}

/* The file stays open as long as the engine: it owns the strings of info. */
static sw_code open_model(sw_engine *e, const char *path, const sw_engine_options *options, sw_err *err)
{
    sw_code code = sw_model_file_open(&e->file, path, err);
    if (code != SW_OK)
        return code;
    e->info = *sw_model_file_info(e->file);
    const gguf_file *const g = model_file_gguf(e->file);
    e->context.format = model_file_chat(e->file);
    code = model_file_take_vocab(e->file, &e->context.vocab, err);
    if (code == SW_OK)
        code = model_lm_open(&e->lm, g, options, err);
    if (code != SW_OK)
        return code;
    if (e->lm->n_vocab < vocab_size(e->context.vocab))
        return sw_fail(err, SW_EFORMAT, "%s: the vocabulary has %d tokens but the output layer only %d", path,
                       vocab_size(e->context.vocab), e->lm->n_vocab);
    model_lm_state(e->lm, &e->state);
    e->state.chat_note = e->info.chat_note;
    note_compat(e, options->compat);
    return SW_OK;
}

sw_code sw_engine_open(sw_engine **out, const char *path, const sw_engine_options *options, sw_err *err)
{
    static const sw_engine_options DEFAULTS;
    const sw_engine_options *const o = options != NULL ? options : &DEFAULTS;
    *out = NULL;
    sw_code code = engine_options_check(o, err);
    if (code != SW_OK)
        return code;
    sw_engine *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return sw_fail(err, SW_ENOMEM, "engine: out of memory");
    e->clock = e->context.clock = clock_or_system(o->clock);
    if (o->date != NULL)
        e->context.date = memcpy(e->date_text, o->date, sizeof e->date_text);
    code = strcmp(path, STUB_PATH) == 0 ? open_stub(e, o, err) : open_model(e, path, o, err);
    e->tokenizer.vocab = e->context.vocab;
    if (code == SW_OK)
        e->context.n_ctx = e->lm->n_ctx;
    if (code == SW_OK)
        code = scheduler_create(&e->scheduler, e->lm, e->clock, err);
    if (code != SW_OK) {
        sw_engine_close(e);
        return code;
    }
    *out = e;
    return SW_OK;
}

void sw_engine_close(sw_engine *e)
{
    if (e == NULL)
        return;
    scheduler_free(e->scheduler);
    if (e->lm != NULL)
        e->lm->ops->close(e->lm);
    vocab_free(e->context.vocab);
    sw_model_file_close(e->file);
    mem_free(e);
}

/* ---- facts ---- */

const sw_model_info *sw_engine_info(const sw_engine *e)
{
    return &e->info;
}

/* The scheduler's figures are as of its last step. */
sw_engine_state sw_engine_get_state(sw_engine *e)
{
    sw_engine_state state = e->state;
    const scheduler_stats stats = scheduler_get_stats(e->scheduler);
    state.device_lost = e->file != NULL ? model_lm_device_lost(e->lm) : NULL; // the stub has no file
    state.n_jobs_running = stats.n_running;
    state.n_jobs_waiting = stats.n_waiting;
    state.kv_tokens_used = stats.kv_tokens_used;
    state.n_prompt_steps = stats.prompts.n_steps;
    state.n_prompt_step_tokens = stats.prompts.n_tokens;
    state.n_generation_steps = stats.generation.n_steps;
    state.n_generation_step_tokens = stats.generation.n_tokens;
    if (e->file != NULL) {
        model_lm_streamed(e->lm, &state);
        model_lm_graphs(e->lm, &state);
    }
    return state;
}

size_t sw_engine_slots(sw_engine *e, sw_slot *slots, size_t n_max)
{
    return scheduler_get_slots(e->scheduler, slots, n_max);
}

uint64_t sw_engine_kv_bytes_read(const sw_engine *e, int n)
{
    return e->file != NULL ? model_lm_kv_bytes_read(e->lm, n) : 0;
}

const sw_tokenizer *sw_engine_tokenizer(const sw_engine *e)
{
    return &e->tokenizer;
}

/* ---- prompts ---- */

sw_code sw_engine_count(const sw_engine *e, const sw_request *request, size_t *n_out, sw_err *err)
{
    *n_out = 0;
    request_context unbounded = e->context;
    unbounded.n_ctx = 0;
    token_list prompt = {0};
    sw_code code = request_check(request, vocab_size(e->context.vocab), err);
    if (code == SW_OK)
        code = request_tokens(request, &unbounded, &prompt, err);
    if (code == SW_OK)
        *n_out = prompt.n;
    token_list_clear(&prompt);
    return code;
}

sw_code sw_engine_render(const sw_engine *e, const sw_request *request, char **text_out, sw_err *err)
{
    *text_out = NULL;
    buf text;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    sw_code code = request_check(request, vocab_size(e->context.vocab), err);
    if (code == SW_OK)
        code = request_text(request, &e->context, &text, err);
    if (code == SW_OK && text.failed == SW_ELIMIT)
        code = sw_fail(err, SW_ELIMIT, "prompt: its text is longer than %d bytes", LIMIT_PROMPT_BYTES);
    if (code == SW_OK && (*text_out = buf_take(&text)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory for the prompt's text");
    buf_free(&text);
    return code;
}

sw_sampling sw_sampling_default(void)
{
    return (sw_sampling){.temperature = 0.3f, .top_p = 0.95f, .repeat_penalty = 1, .repeat_last_n = 64};
}
