/* ollama_models.c - names with a tag, and facts under the keys that Ollama's clients look at. */
#include "server/ollama_models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/model_routes.h"
#include "json/json_out.h"

/* Of models that stay loaded until another needs their memory; `keep_alive` and --keep-alive can say otherwise. */
static const char NEVER[] = "9999-12-31T23:59:59Z";

/* ---- what several answers have ---------------------------------------------------------------------------------- */

/* Ollama writes families without dashes. */
static void family_of(const model_facts *f, char out[sizeof f->arch])
{
    size_t n = 0;
    for (const char *p = f->arch; *p != '\0'; p++) {
        if (*p != '-')
            out[n++] = *p;
    }
    out[n] = '\0';
}

static json_t *details_json(const model_entry *m)
{
    const model_facts *const f = &m->facts;
    char family[sizeof f->arch];
    family_of(f, family);
    return json_pack("{s:s, s:s, s:s, s:[s], s:o, s:s}", "parent_model", "", "format", "gguf", "family", family,
                     "families", family, "parameter_size", m->has_facts ? model_parameters_json(m) : json_string(""),
                     "quantization_level", f->quant);
}

/* 64 hexadecimal digits that stay the same as long as the file does.  A hash of its bytes would have to read all of
 * them, so this is one of what is known of it. */
static json_t *digest_json(const model_entry *m)
{
    char facts[512], digest[65] = "";
    snprintf(facts, sizeof facts, "%s %llu %lld %s %s %llu", m->id, (unsigned long long)m->file_bytes,
             (long long)m->mtime, m->facts.arch, m->facts.quant, (unsigned long long)m->facts.n_params);
    for (int part = 0; part < 4; part++) {
        uint64_t hash = 0xcbf29ce484222325u + (uint64_t)part; // FNV-1a
        for (const char *p = facts; *p != '\0'; p++)
            hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
        snprintf(digest + 16 * part, sizeof digest - 16 * (size_t)part, "%016llx", (unsigned long long)hash);
    }
    return json_string(digest);
}

/* A model of Ollama's own folder has its tag already. */
static json_t *named_json(const model_entry *m)
{
    json_t *const name = json_sprintf("%s%s", m->id, strchr(m->id, ':') == NULL ? ":latest" : "");
    return json_pack("{s:O, s:o, s:o, s:o}", "name", name, "model", name, "digest", digest_json(m), "details",
                     details_json(m));
}

/* ---- GET /api/tags, GET /api/ps --------------------------------------------------------------------------------- */

json_t *ollama_tag_json(const model_entry *m)
{
    json_t *row = named_json(m);
    json_put(&row, "modified_at", json_timestamp(m->mtime));
    json_put(&row, "size", json_integer((json_int_t)m->file_bytes));
    return row;
}

json_t *ollama_loaded_json(const model_entry *m, const model_state *state, const sw_engine_state *engine,
                           int64_t unix_s)
{
    json_t *row = named_json(m);
    json_put(&row, "size", json_integer((json_int_t)state->bytes));
    json_put(&row, "size_vram", json_integer((json_int_t)engine->weight_bytes_vram));
    json_put(&row, "expires_at",
             state->expires_in_s < 0 ? json_string(NEVER)
                                     : json_timestamp(unix_s + (int64_t)ceil(state->expires_in_s)));
    json_put(&row, "context_length", json_integer(engine->n_ctx));
    return row;
}

/* ---- POST /api/show --------------------------------------------------------------------------------------------- */

/* Returns true if answers in this chat format can have reasoning of their own. */
static bool can_reason(const char *chat_format)
{
    static const char *const FORMATS[] = {"harmony", "chatml", "chatml-xml", "deepseek-v3", "deepseek-v31"};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (strcmp(chat_format, FORMATS[i]) == 0)
            return true;
    }
    return false;
}

/* Puts a fact of the architecture: "gpt-oss.context_length". */
static void put_fact(json_t **info, const model_facts *f, const char *name, int value)
{
    char key[sizeof f->arch + 32];
    snprintf(key, sizeof key, "%s.%s", f->arch, name);
    if (value > 0)
        json_put(info, key, json_integer(value));
}

static json_t *info_json(const model_entry *m)
{
    const model_facts *const f = &m->facts;
    json_t *info = json_pack("{s:s, s:s, s:I}", "general.architecture", f->arch, "general.basename", m->id,
                             "general.parameter_count", (json_int_t)f->n_params);
    put_fact(&info, f, "context_length", f->n_ctx_train);
    put_fact(&info, f, "embedding_length", f->n_embd);
    put_fact(&info, f, "block_count", f->n_layers);
    put_fact(&info, f, "vocab_size", f->n_vocab);
    put_fact(&info, f, "expert_count", f->n_experts);
    put_fact(&info, f, "expert_used_count", f->n_experts_used);
    return info;
}

json_t *ollama_show_json(const model_entry *m, const model_state *state)
{
    json_t *capabilities = json_pack("[s]", "completion");
    if (m->has_facts && can_reason(m->facts.chat_format))
        json_push(&capabilities, json_string("thinking"));
    json_t *const parameters = state->n_ctx > 0 ? json_sprintf("num_ctx %d", state->n_ctx) : json_string("");
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "parameters", parameters, "template",
                     m->has_facts ? m->facts.chat_format : "", "details", details_json(m), "model_info", info_json(m),
                     "capabilities", capabilities, "modified_at", json_timestamp(m->mtime));
}
