/* paper_models.c - tables of what the models are, and of the memory that they take. */
#include <math.h>

#include "report/paper/paper_fill.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* 0 is what nobody told. */
static void put_count(paper_table *t, double count)
{
    paper_table_number(t, count > 0 ? count : NAN);
}

/* ---- architecture ------------------------------------------------------------------------------------------------ */

// clang-format off
static const paper_column ARCHITECTURE[] = {
    {"family", "text", "general.architecture of the file", true},
    {"quantization", "text", "of most weights", true},
    {"parameters", "", "all weights", true},
    {"active_parameters", "", "weights that one token uses", true},
    {"layers", "", "", true},
    {"experts", "", "routed experts of a layer", true},
    {"experts_used", "", "of them, used by one token", true},
    {"experts_shared", "", "always used, of a layer", true},
    {"context", "tok", "that the model was trained for", true},
    {"file_bytes", "B", "of the model's file", true},
    {"file_hash", "text", "header, size and spread blocks of the file", false},
};
// clang-format on

void paper_fill_architecture(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, ARCHITECTURE, COUNT(ARCHITECTURE));
    for (size_t i = 0; i < models->n; i++) {
        const subject_record *const s = models->items[i].subject->subject;
        paper_put_model(t, &models->items[i]);
        paper_table_text(t, s->family);
        paper_table_text(t, s->quantization);
        put_count(t, (double)s->n_parameters);
        put_count(t, (double)s->n_active_parameters);
        put_count(t, s->n_layers);
        put_count(t, s->n_experts);
        put_count(t, s->n_experts_used);
        paper_table_number(t, s->n_experts > 0 ? s->n_experts_shared : NAN);
        put_count(t, s->n_ctx_train);
        put_count(t, (double)s->file_bytes);
        paper_table_text(t, s->file_hash);
    }
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

// clang-format off
static const paper_column MEMORY[] = {
    {"expert_bytes", "B", "all routed experts", true},
    {"placeable_bytes", "B", "all weights and KV: everything that a GPU can hold", true},
    {"ceiling_pct", "%", "100 * expert_bytes / placeable_bytes: the most that offloading experts can save", true},
    {"ceiling_without_table_pct", "%", "the same when the token table stays in RAM anyway", false},
    {"claim_low_pct", "%", "published saving, lowest", false},
    {"claim_high_pct", "%", "published saving, highest", true},
    {"basis", "text", "measured: both sides ran; computed: arithmetic over the file", true},
    {"saved_pct", "%", "100 * (vram_reference - vram_offloaded) / vram_reference", true},
    {"vram_offloaded", "B", "VRAM with the experts in RAM", true},
    {"vram_reference", "B", "VRAM with everything in VRAM", true},
    {"ram_offloaded", "B", "highest private memory of the offloaded server", true},
    {"ram_reference", "B", "highest private memory of the un-offloaded server", false},
    {"plan_vram", "B", "predicted", false},
    {"plan_ram", "B", "predicted", false},
    {"note", "text", "why the saving is not measured", false},
};
// clang-format on

static const char *saving_kind_word(saving_kind kind)
{
    static const char *const WORDS[] = {"", "computed", "measured"};
    return WORDS[kind];
}

void paper_fill_memory(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, MEMORY, COUNT(MEMORY));
    for (size_t i = 0; i < models->n; i++) {
        const paper_model *const model = &models->items[i];
        const memory_figures *const m = &model->subject->memory;
        const run_record *const run = model->analysis->run;
        paper_put_model(t, model);
        paper_table_number(t, run_number(run, model->subject->index, -1, FACT_EXPERT_BYTES));
        paper_table_number(t, run_number(run, model->subject->index, -1, FACT_PLACEABLE_BYTES));
        paper_table_number(t, m->ceiling_pct);
        paper_table_number(t, m->ceiling_without_table_pct);
        paper_table_number(t, m->claim_low_pct);
        paper_table_number(t, m->claim_high_pct);
        paper_table_text(t, saving_kind_word(m->kind));
        paper_table_number(t, m->saved_pct);
        paper_table_number(t, m->vram_offloaded_bytes);
        paper_table_number(t, m->vram_reference_bytes);
        paper_table_number(t, m->ram_offloaded_bytes);
        paper_table_number(t, m->ram_reference_bytes);
        paper_table_number(t, m->plan_vram_bytes);
        paper_table_number(t, m->plan_ram_bytes);
        paper_table_text(t, m->note);
    }
}

// clang-format off
static const paper_column PLACEMENT[] = {
    {"side", "text", "offloaded, reference, or given: a server that ran already", true},
    {"session", "", "of the run, from 0", false},
    {"tier", "text", "memory", true},
    {"class", "text", "of tensors, or keys and values", true},
    {"bytes", "B", "", true},
    {"requested", "text", "the tier that was asked for", false},
    {"source", "text", "how it is known", true},
};
// clang-format on

void paper_fill_placement(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, PLACEMENT, COUNT(PLACEMENT));
    for (size_t i = 0; i < models->n; i++) {
        const run_record *const run = models->items[i].analysis->run;
        for (size_t k = 0; k < run->n_placement; k++) {
            const placement_row *const row = &run->placement[k];
            const server_record *const server = &run->servers[row->server];
            if (server->subject != models->items[i].subject->index)
                continue;
            paper_put_model(t, &models->items[i]);
            paper_table_text(t, server_side_name(server->side));
            paper_table_number(t, server->session);
            paper_table_text(t, row->tier);
            paper_table_text(t, row->tensor_class);
            paper_table_number(t, (double)row->bytes);
            paper_table_text(t, row->requested);
            paper_table_text(t, row->source);
        }
    }
}
