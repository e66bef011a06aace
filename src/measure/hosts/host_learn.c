/* host_learn.c - asks a server what it is and where its bytes are, and verifies the latter.
 *
 * A spillway tells the addresses of its weights.  Of other programs the memory of their process and their log are all
 * that can be seen (process_evidence.h, log_evidence.h); what follows from them is marked with its source and never
 * certain.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/forced_text.h"
#include "hosts/host.h"
#include "hosts/host_state.h"
#include "hosts/member.h"
#include "hosts/placement_table.h"
#include "hosts/server_post.h"

enum { EVIDENCE_BYTES = 4096, LOAD_SECONDS_MAX = 3600 };

/* ---- tables of a spillway ---------------------------------------------------------------------------------------- */

/* NULL: there is none; memory that is short, and being canceled, end everything. */
static sw_code ask_table(bench_host *h, const char *path, json_t **out, sw_err *err)
{
    sw_err why = {0};
    const sw_code code = target_get_json(h->target, path, out, &why);
    return code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

/* A given server may have to load the model first. */
static sw_code ask_classes(bench_host *h, json_t **out, sw_err *err)
{
    static const char PATH[] = "/v1/placement";
    sw_code code = ask_table(h, PATH, out, err);
    if (code != SW_OK || placement_table_of(*out, host_model(h)) != NULL)
        return code;
    json_decref(*out);
    *out = NULL;
    sw_err why = {0};
    code = server_post_token(h->target, host_model(h), LOAD_SECONDS_MAX, h->o.cancel, &why);
    if (code == SW_ECANCELED || code == SW_ENOMEM)
        return sw_fail(err, code, "%s", why.msg);
    return ask_table(h, PATH, out, err);
}

static void put_experts(bench_host *h, experts_place place, const buf *evidence, const char *source)
{
    fact_list_text(&h->facts, FACT_EXPERTS_VERIFIED, experts_place_name(place), source);
    fact_list_text(&h->facts, FACT_EXPERTS_EVIDENCE, buf_str(evidence), source);
}

static sw_code verify_allocations(bench_host *h, sw_err *err)
{
    json_t *document;
    buf evidence;
    const sw_code code = ask_table(h, "/v1/placement?detail=experts", &document, err);
    if (code != SW_OK)
        return code;
    buf_init(&evidence, EVIDENCE_BYTES);
    const experts_place place = placement_table_experts(placement_table_of(document, host_model(h)), &evidence);
    put_experts(h, place, &evidence, "allocations");
    buf_free(&evidence);
    json_decref(document);
    return SW_OK;
}

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

static bool is_option(const char *word, size_t n, const char *name)
{
    return name != NULL && strlen(name) == n && memcmp(word, name, n) == 0;
}

/* What follows an option, which may have a short name, of the command line ("--n-cpu-moe 3" or "--n-cpu-moe=3"); "" at
 * its end; NULL: it is not there. */
static const char *option_value(const bench_host *h, const char *name, const char *short_name)
{
    const char *value = NULL;
    for (size_t i = 0; i < h->n_options; i++) {
        const char *const word = h->options[i];
        const size_t n = strcspn(word, "=");
        if (!is_option(word, n, name) && !is_option(word, n, short_name))
            continue;
        if (word[n] == '=')
            value = word + n + 1;
        else
            value = i + 1 < h->n_options ? h->options[i + 1] : "";
    }
    return value;
}

static int option_number(const bench_host *h, const char *name, const char *short_name)
{
    const char *const value = option_value(h, name, short_name);
    return value != NULL ? atoi(value) : 0;
}

/* As in sw_engine_options: 0 all, -1 none. */
static int gpu_layers(const bench_host *h)
{
    const char *const value = option_value(h, "--n-gpu-layers", "-ngl");
    return value != NULL && strcmp(value, "0") == 0 ? -1 : option_number(h, "--n-gpu-layers", "-ngl");
}

/* Returns true unless the server has a real GPU open: what is free of it was another number before the server used it.
 * An emulated one is the same for everyone who asks. */
static bool can_plan_device(const json_t *table)
{
    return member_at(table, "compute.device") == NULL || json_is_true(member_at(table, "compute.device.emulated"));
}

/* What the server had to decide by itself is as its table says; the rest is from the command line.  Returns false if
 * the table does not have it, or if a plan would be of another machine than the server found. */
static bool plan_options(const bench_host *h, const json_t *table, sw_engine_options *o)
{
    const double numbers[] = {member_number(table, "compute.threads"), member_number(table, "compute.batch"),
                              member_number(table, "kv.tokens"), member_number(table, "kv.sequences")};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!(numbers[i] >= 1 && numbers[i] <= INT_MAX))
            return false;
    }
    if (option_value(h, "--vram", NULL) != NULL || option_value(h, "--expert-cache", NULL) != NULL ||
        !can_plan_device(table))
        return false;
    *o = (sw_engine_options){.n_threads = (int)numbers[0],
                             .n_batch = (int)numbers[1],
                             .n_ctx = (int)numbers[2],
                             .n_seqs = (int)numbers[3],
                             .cpu_moe = option_value(h, "--cpu-moe", "-cmoe") != NULL,
                             .n_cpu_moe = option_number(h, "--n-cpu-moe", "-ncmoe"),
                             .n_gpu_layers = gpu_layers(h),
                             .override_tensors = option_value(h, "--override-tensor", "-ot"),
                             .mask_experts = option_value(h, "--mask-experts", NULL),
                             .devices = member_text(table, "compute.device.name")};
    const char *const kv_type = member_text(table, "kv.type");
    for (int type = SW_KV_F16; kv_type != NULL && type <= SW_KV_Q8_0; type++) {
        if (strcmp(kv_type, sw_kv_type_name((sw_kv_type)type)) == 0)
            o->kv_type = (sw_kv_type)type;
    }
    return true;
}

/* Of a server of our own, whose options are known.  The process itself is not planned but told, because this one is
 * another program. */
static void put_plan(bench_host *h, const json_t *table)
{
    static const char SOURCE[] = "computed";
    sw_engine_options options;
    sw_model_file *file = NULL;
    sw_plan *plan = NULL;
    if (h->server == NULL || h->o.subject->record.file_bytes == 0 || !plan_options(h, table, &options) ||
        sw_model_file_open(&file, h->o.subject->path, NULL) != SW_OK)
        return;
    if (sw_plan_create(&plan, file, &options, NULL) == SW_OK) {
        const sw_engine_state state = sw_plan_state(plan);
        fact_list_number(&h->facts, FACT_PLAN_RAM_BYTES,
                         (double)(state.ram_bytes_max - state.process_bytes) + member_number(table, "process.bytes"),
                         SOURCE);
        fact_list_number(&h->facts, FACT_PLAN_VRAM_BYTES,
                         (double)(state.weight_bytes_vram + state.kv_bytes_vram + state.buffer_bytes_vram +
                                  state.expert_cache_bytes),
                         SOURCE);
    }
    sw_plan_free(plan);
    sw_model_file_close(file);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static sw_code learn_spillway(bench_host *h, sw_err *err)
{
    json_t *document;
    sw_code code = ask_classes(h, &document, err);
    const json_t *const table = code == SW_OK ? placement_table_of(document, host_model(h)) : NULL;
    const bool is_emulated = json_is_true(member_at(table, "compute.device.emulated")); // and slow
    if (table != NULL) {
        placement_table_facts(table, &h->facts);
        put_plan(h, table);
        code = placement_table_rows(table, h->keep, &h->rows, &h->n_rows, err);
    }
    json_decref(document);
    if (code == SW_OK)
        code = verify_allocations(h, err);
    return code == SW_OK ? forced_text_read(h->target, host_model(h), is_emulated, h->o.cancel, &h->facts, err) : code;
}

sw_code host_learn(bench_host *h, sw_err *err)
{
    const sw_code code = server_about_read(&h->about, h->target, &h->facts, err);
    if (code != SW_OK)
        return code;
    return h->about.is_spillway ? learn_spillway(h, err) : host_learn_foreign(h, err);
}
