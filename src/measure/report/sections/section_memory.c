/* section_memory.c - where a model's bytes are, how that is known, and what offloading saves. */
#include <math.h>
#include <string.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

/* ---- loading ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column LOADING[] = {
    {"server", "", "", false, 0},
    {"cold", "s", "start to first healthy answer, model file not in the page cache", true, 0},
    {"in cache before", "", "bytes of the model file, before the cold start", true, 1},
    {"warm", "s", "start to first healthy answer, model file in the page cache", true, 0},
    {"first token", "s", "start to first token", true, 0},
    {"experts", "", "where they are", false, 1},
    {"evidence", "", "what shows where the experts are", false, 1},
};
// clang-format on

static void put_text_fact(document *doc, const run_record *run, int subject, int server, fact_name name)
{
    const fact_record *const fact = run_fact(run, subject, server, name);
    doc_put(doc, fact != NULL && fact->text[0] != '\0' ? fact->text : "-");
}

/* Facts about a model's server, and for a run of an older version about the model alone. */
static void put_loading(document *doc, const run_record *run, int subject, int server, const char *name)
{
    doc_put(doc, name);
    cell_number(doc, run_number(run, subject, server, FACT_LOAD_COLD_MS) / 1000);
    cell_bytes(doc, run_number(run, subject, server, FACT_COLD_CACHED_BYTES));
    cell_number(doc, run_number(run, subject, server, FACT_LOAD_WARM_MS) / 1000);
    cell_number(doc, run_number(run, subject, server, FACT_FIRST_TOKEN_LOAD_MS) / 1000);
    put_text_fact(doc, run, subject, server, FACT_EXPERTS_VERIFIED);
    put_text_fact(doc, run, subject, server, FACT_EXPERTS_EVIDENCE);
}

static void put_loadings(document *doc, const run_record *run, int subject)
{
    doc_table(doc, "Loading", LOADING, sizeof LOADING / sizeof *LOADING);
    doc_anchor(doc, anchor_part(subject, "loading").text);
    for (size_t i = 0; i < run->n_servers; i++) {
        if (run->servers[i].subject == subject)
            put_loading(doc, run, subject, (int)i, server_side_name(run->servers[i].side));
    }
}

/* ---- savings ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column SAVING[] = {
    {"VRAM saved", "", "", false, 0},
    {"saving", "%", "", false, 0},
    {"offloaded", "", "VRAM with the experts in RAM", true, 0},
    {"reference", "", "VRAM with everything in VRAM", true, 0},
    {"basis", "", "", false, 0},
};
// clang-format on

static void put_saving(document *doc, const char *name, double percent, double offloaded, double reference,
                       const char *basis)
{
    doc_put(doc, name);
    cell_number(doc, percent);
    cell_bytes(doc, offloaded);
    cell_bytes(doc, reference);
    doc_put(doc, basis);
}

static void put_savings(document *doc, const memory_figures *m, int subject)
{
    char claim[CELL_BYTES], low[CELL_BYTES];
    doc_table(doc, "", SAVING, sizeof SAVING / sizeof *SAVING);
    format_number(low, m->claim_low_pct);
    format_range(claim, m->claim_low_pct, m->claim_high_pct);
    doc_put(doc, "claimed");
    doc_put(doc, m->claim_low_pct < m->claim_high_pct ? claim : low);
    doc_put(doc, "-");
    doc_put(doc, "-");
    doc_put(doc, "published for this architecture");
    doc_row_anchor(doc, anchor_part(subject, "claimed").text);
    put_saving(doc, "ceiling", m->ceiling_pct, NAN, NAN, "bytes of experts / all bytes that a GPU can hold");
    doc_row_anchor(doc, anchor_part(subject, "ceiling").text);
    put_saving(doc, "ceiling without token table", m->ceiling_without_table_pct, NAN, NAN,
               "the same when the token table is in RAM anyway");
    const bool is_allocated = m->source != NULL && strcmp(m->source, "allocations") == 0;
    const char *const basis = is_allocated                 ? "allocated on both sides, as their servers tell"
                              : m->kind == SAVING_MEASURED ? "measured on both sides"
                              : m->kind == SAVING_COMPUTED ? "computed, not measured: no verdict follows"
                                                           : "nothing to compare";
    put_saving(doc, m->kind == SAVING_COMPUTED ? "computed" : "measured", m->kind == SAVING_NONE ? NAN : m->saved_pct,
               m->vram_offloaded_bytes, m->vram_reference_bytes, basis);
    doc_row_anchor(doc, anchor_part(subject, "saving").text);
    if (m->note != NULL && m->note[0] != '\0')
        doc_row_note(doc, m->note);
}

// clang-format off
static const doc_column PLAN[] = {
    {"bytes", "", "", false, 0},
    {"planned", "", "predicted by spillway plan", true, 0},
    {"offloaded", "", "highest sample: RAM is private memory", true, 0},
    {"reference", "", "highest sample of the un-offloaded server", true, 0},
};
// clang-format on

static void put_plan(document *doc, const memory_figures *m, int subject)
{
    doc_table(doc, "Plan beside measurement", PLAN, sizeof PLAN / sizeof *PLAN);
    doc_put(doc, "RAM");
    cell_bytes(doc, m->plan_ram_bytes);
    cell_bytes(doc, m->ram_offloaded_bytes);
    cell_bytes(doc, m->ram_reference_bytes);
    doc_row_anchor(doc, anchor_part(subject, "ram").text);
    doc_put(doc, "VRAM");
    cell_bytes(doc, m->plan_vram_bytes);
    const bool is_measured = m->kind == SAVING_MEASURED;
    cell_bytes(doc, is_measured ? m->vram_offloaded_bytes : NAN);
    cell_bytes(doc, is_measured ? m->vram_reference_bytes : NAN);
}

/* ---- placement --------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column PLACEMENT[] = {
    {"tensors", "", "class, or keys and values", false, 0},
    {"server", "", "", false, 0},
    {"tier", "", "memory that they are in", false, 0},
    {"asked for", "", "tier that was asked for", false, 1},
    {"size", "", "", true, 0},
    {"known from", "", "", false, 0},
};
// clang-format on

static void put_placement(document *doc, const run_record *run, int subject)
{
    doc_table(doc, "By class and tier", PLACEMENT, sizeof PLACEMENT / sizeof *PLACEMENT);
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const row = &run->placement[i];
        if (row->server < 0 || (size_t)row->server >= run->n_servers || run->servers[row->server].subject != subject)
            continue;
        const bool is_elsewhere = row->requested[0] != '\0' && strcmp(row->requested, row->tier) != 0;
        doc_put(doc, row->tensor_class);
        doc_put(doc, server_side_name(run->servers[row->server].side));
        doc_put_tone(doc, is_elsewhere ? TONE_BAD : TONE_PLAIN, row->tier);
        doc_put(doc, row->requested[0] != '\0' ? row->requested : "-");
        cell_bytes(doc, (double)row->bytes);
        doc_put(doc, row->source);
    }
}

void section_memory(document *doc, const run_analysis *a, const subject_analysis *s)
{
    doc_heading(doc, 3, NULL, "Loading and memory");
    put_loadings(doc, a->run, s->index);
    put_savings(doc, &s->memory, s->index);
    put_plan(doc, &s->memory, s->index);
    put_placement(doc, a->run, s->index);
}
