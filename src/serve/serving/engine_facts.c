/* engine_facts.c - sizes from headers and from engines, and a hash of what decides an answer. */
#include "serving/engine_facts.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_SEQS = 4 }; // of sw_engine_options.n_seqs

uint64_t engine_bytes_needed(const model_entry *m, const sw_engine_options *options)
{
    const int n_train = m->facts.n_ctx_train, n_seqs = options->n_seqs > 0 ? options->n_seqs : DEFAULT_SEQS;
    const int n_ctx = options->n_ctx > 0 ? options->n_ctx : n_train < SW_DEFAULT_CTX ? n_train : SW_DEFAULT_CTX;
    sw_model_file *file;
    if (!m->has_facts || sw_model_file_open(&file, m->path, NULL) != SW_OK)
        return 0;
    uint64_t bytes = sw_model_file_kv_bytes(file, options->kv_type, n_ctx) * (uint64_t)n_seqs;
    for (int c = 0; c < SW_N_CLASSES; c++)
        bytes += c != SW_CLASS_OTHER ? sw_model_file_info(file)->bytes_by_class[c] : 0;
    sw_model_file_close(file);
    return bytes;
}

uint64_t engine_bytes_taken(const sw_engine_state *state)
{
    return state->weight_bytes_ram + state->weight_bytes_vram + state->kv_bytes_max;
}

/* FNV-1a (Fowler, Noll, Vo): a short name for a configuration, not a defence against forgery. */
static uint32_t hash_bytes(uint32_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 16777619u;
    return h;
}

void engine_fingerprint(char *out, size_t size, const sw_model_info *info, const sw_engine_state *state,
                        const sw_engine_options *options)
{
    char text[512];
    // Threads and instruction set are left out: they do not change an answer.
    snprintf(text, sizeof text, "%s|%s|%s|%s|%llu|%llu|%llu|%llu|%d|%d", SPILLWAY_VERSION, info->name, info->arch,
             info->quant, (unsigned long long)info->file_bytes, (unsigned long long)info->n_params,
             (unsigned long long)state->weight_bytes_vram, (unsigned long long)state->expert_bytes_ram,
             (int)options->kv_type, (int)options->compat);
    snprintf(out, size, "sw-%s-%08x", SPILLWAY_VERSION, hash_bytes(2166136261u, text, strlen(text)));
}
