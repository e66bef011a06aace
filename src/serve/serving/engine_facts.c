/* engine_facts.c - sizes from headers and from engines, and a hash of what decides an answer. */
#include "serving/engine_facts.h"

#include <stdio.h>
#include <string.h>

uint64_t engine_bytes_needed(const model_entry *m, const sw_engine_options *options)
{
    sw_model_file *file;
    sw_plan *plan = NULL;
    if (!m->has_facts || sw_model_file_open(&file, m->path, NULL) != SW_OK)
        return 0;
    const sw_code code = sw_plan_create(&plan, file, options, NULL);
    const sw_engine_state state = code == SW_OK ? sw_plan_state(plan) : (sw_engine_state){0};
    sw_plan_free(plan);
    sw_model_file_close(file);
    return engine_bytes_taken(&state);
}

uint64_t engine_bytes_taken(const sw_engine_state *s)
{
    const uint64_t job = s->kv_bytes_max + s->buffer_bytes;
    return s->weight_bytes_ram + s->weight_bytes_vram + (s->loading_bytes > job ? s->loading_bytes : job);
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
