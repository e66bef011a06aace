/* subject_file.c - a model as a subject, from its header and some of its blocks. */
#include "hosts/subject_file.h"

#include <string.h>

#include "base/utf8.h"
#include "hosts/fact_list.h"
#include "hosts/sampled_hash.h"
#include "spillway.h"

static const char SOURCE[] = "file";

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for a model's description");
}

/* A text of the file as valid UTF-8; NULL when memory is short. */
static const char *keep_text(arena *keep, const char *text, size_t n)
{
    char *const copy = arena_copy(keep, text, n);
    if (copy != NULL)
        utf8_replace_invalid(copy, n);
    return copy;
}

/* The name by which a spillway server lists the file: without folder, ".gguf" and the number of a part. */
static const char *model_name(arena *keep, const char *file_name)
{
    static const size_t END = sizeof ".gguf" - 1, PART = sizeof "-00001-of-00003" - 1;
    size_t n = strlen(file_name);
    if (n > END && strcmp(file_name + n - END, ".gguf") == 0)
        n -= END;
    if (n > PART && file_name[n - PART] == '-' && memcmp(file_name + n - PART + 6, "-of-", 4) == 0)
        n -= PART;
    return keep_text(keep, file_name, n);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* Bytes of the token embedding if it is a table for look-up alone: without an output matrix of its own the model
 * multiplies with it, too. */
static uint64_t table_bytes(const sw_model_file *file)
{
    const size_t n = sw_model_file_info(file)->n_tensors;
    uint64_t bytes = 0;
    bool has_output = false;
    for (size_t i = 0; i < n; i++) {
        const sw_tensor_info t = sw_model_file_tensor(file, i);
        if (strcmp(t.name, "token_embd.weight") == 0)
            bytes = t.bytes;
        has_output |= strcmp(t.name, "output.weight") == 0;
    }
    return has_output ? bytes : 0;
}

/* Of the routed experts, those that one token uses. */
static uint64_t token_expert_bytes(const sw_model_file *file)
{
    const sw_model_info *const info = sw_model_file_info(file);
    uint64_t bytes = 0;
    for (size_t i = 0; info->n_experts > 0 && i < info->n_tensors; i++) {
        const sw_tensor_info t = sw_model_file_tensor(file, i);
        if (t.cls == SW_CLASS_EXPERTS)
            bytes += t.bytes / (uint64_t)info->n_experts * (uint64_t)info->n_experts_used;
    }
    return bytes;
}

/* All weights, and the keys and values of a server with default options. */
static sw_code placeable_bytes(const sw_model_file *file, uint64_t *out, sw_err *err)
{
    sw_plan *plan;
    const sw_code code = sw_plan_create(&plan, file, NULL, err);
    if (code != SW_OK)
        return code;
    const sw_engine_state state = sw_plan_state(plan);
    *out = state.weight_bytes_ram + state.weight_bytes_vram + state.kv_bytes_max;
    sw_plan_free(plan);
    return SW_OK;
}

static sw_code put_facts(bench_subject *s, const sw_model_file *file, arena *keep, sw_err *err)
{
    const sw_model_info *const info = sw_model_file_info(file);
    uint64_t placeable;
    fact_list facts;
    fact_list_init(&facts, keep);
    const sw_code code = placeable_bytes(file, &placeable, err);
    if (code != SW_OK)
        return code;
    fact_list_number(&facts, FACT_EXPERT_BYTES, (double)info->bytes_by_class[SW_CLASS_EXPERTS], SOURCE);
    fact_list_number(&facts, FACT_PLACEABLE_BYTES, (double)placeable, SOURCE);
    fact_list_number(&facts, FACT_TOKEN_TABLE_BYTES, (double)table_bytes(file), SOURCE);
    fact_list_number(&facts, FACT_TOKEN_BYTES, (double)info->bytes_per_token, SOURCE);
    fact_list_number(&facts, FACT_TOKEN_EXPERT_BYTES, (double)token_expert_bytes(file), SOURCE);
    s->facts = facts.items;
    s->n_facts = facts.n;
    return facts.failed ? out_of_memory(err) : SW_OK;
}

/* ---- the subject ------------------------------------------------------------------------------------------------- */

static sw_code put_record(bench_subject *s, const sw_model_info *info, arena *keep, sw_err *err)
{
    const char *const slash = strrchr(s->path, '/'), *const file = slash != NULL ? slash + 1 : s->path;
    char hash[SAMPLED_HASH_BYTES];
    const sw_code code = sampled_hash(s->path, hash, err);
    if (code != SW_OK)
        return code;
    s->record = (subject_record){.name = model_name(keep, file),
                                 .family = keep_text(keep, info->arch, strlen(info->arch)),
                                 .file_name = keep_text(keep, file, strlen(file)),
                                 .file_hash = arena_copy(keep, hash, strlen(hash)),
                                 .quantization = keep_text(keep, info->quant, strlen(info->quant)),
                                 .file_bytes = info->file_bytes,
                                 .n_parameters = info->n_params,
                                 .n_active_parameters = info->n_params_active,
                                 .n_layers = info->n_layers,
                                 .n_experts = info->n_experts,
                                 .n_experts_used = info->n_experts_used,
                                 .n_experts_shared = info->n_experts_shared,
                                 .n_ctx_train = info->n_ctx_train};
    const subject_record *const r = &s->record;
    const bool is_whole =
        r->name != NULL && r->family != NULL && r->file_name != NULL && r->file_hash != NULL && r->quantization != NULL;
    return is_whole ? SW_OK : out_of_memory(err);
}

sw_code subject_file_read(bench_subject *out, const char *path, arena *keep, sw_err *err)
{
    *out = (bench_subject){.path = arena_copy(keep, path, strlen(path)),
                           .record = {"stub", "", "", "", "", 0, 0, 0, 0, 0, 0, 0, 0}};
    if (out->path == NULL)
        return out_of_memory(err);
    if (strcmp(path, "stub:") == 0)
        return SW_OK;
    sw_model_file *file;
    sw_code code = sw_model_file_open(&file, path, err);
    if (code != SW_OK)
        return code;
    code = put_record(out, sw_model_file_info(file), keep, err);
    if (code == SW_OK)
        code = put_facts(out, file, keep, err);
    sw_model_file_close(file);
    return code;
}
