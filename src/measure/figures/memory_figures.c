/* memory_figures.c - savings in VRAM by arithmetic over the file, and as measured on both sides: by samples of the
 * driver where there are some, else by what the servers' own allocators tell. */
#include "figures/memory_figures.h"

#include <math.h>
#include <string.h>

typedef struct published_claim {
    const char *family;
    double low_pct, high_pct;
} published_claim;

// Of the streaming protocol's authors, by general.architecture.
static const published_claim CLAIMS[] = {
    {"deepseek", 95, 99},
    {"gpt-oss", 99, 99},
    {"phimoe", 97, 97},
};

bool memory_claim_of(const char *family, double *low_pct, double *high_pct)
{
    for (size_t i = 0; i < sizeof CLAIMS / sizeof *CLAIMS; i++) {
        if (strcmp(family, CLAIMS[i].family) == 0) {
            *low_pct = CLAIMS[i].low_pct;
            *high_pct = CLAIMS[i].high_pct;
            return true;
        }
    }
    *low_pct = *high_pct = NAN;
    return false;
}

/* A given server counts as the offloaded side: it is what the user runs. */
static bool is_on_side(const server_record *server, int subject, bool is_reference)
{
    return server->subject == subject && (server->side == SIDE_REFERENCE) == is_reference;
}

/* The highest sample of a side; NAN if it has none. */
static double peak(const run_record *run, int subject, bool is_reference, sample_figure figure)
{
    double highest = NAN;
    for (size_t i = 0; i < run->n_samples; i++) {
        const resource_sample *const s = &run->samples[i];
        if (s->server >= 0 && is_on_side(&run->servers[s->server], subject, is_reference))
            highest = fmax(highest, s->values.v[figure]); // fmax ignores a NAN
    }
    return highest;
}

/* A number that a server of the side told, the latest; NAN. */
static double side_number(const run_record *run, int subject, bool is_reference, fact_name name)
{
    double number = NAN;
    for (size_t i = 0; i < run->n_servers; i++) {
        if (is_on_side(&run->servers[i], subject, is_reference) && run_fact(run, subject, (int)i, name) != NULL)
            number = run_number(run, subject, (int)i, name);
    }
    return number;
}

/* What the side's latest server allocated in VRAM, by its own word; NAN if none tells. */
static double allocated(const run_record *run, int subject, bool is_reference)
{
    double bytes = NAN;
    int latest = -1;
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const row = &run->placement[i];
        if (strcmp(row->source, "allocations") != 0 || row->server < latest || row->server < 0 ||
            !is_on_side(&run->servers[row->server], subject, is_reference))
            continue;
        bytes = row->server > latest ? 0 : bytes;
        latest = row->server;
        bytes += strcmp(row->tier, "vram") == 0 ? (double)row->bytes : 0;
    }
    return bytes;
}

static double share_pct(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : NAN;
}

/* Returns false, and changes nothing, if a side is not known or the reference used none. */
static bool measure(memory_figures *m, double vram, double vram_reference, const char *source)
{
    if (!(vram_reference > 0 && vram >= 0))
        return false;
    m->kind = SAVING_MEASURED;
    m->source = source;
    m->vram_offloaded_bytes = vram;
    m->vram_reference_bytes = vram_reference;
    m->saved_pct = share_pct(vram_reference - vram, vram_reference);
    return true;
}

/* The other side was not measured: what the arithmetic allows, without a verdict. */
static void compute(memory_figures *m, double expert_bytes, double placeable_bytes)
{
    m->kind = isnan(expert_bytes) || isnan(placeable_bytes) ? SAVING_NONE : SAVING_COMPUTED;
    m->vram_reference_bytes = placeable_bytes;
    m->vram_offloaded_bytes = placeable_bytes - expert_bytes;
    m->saved_pct = m->ceiling_pct;
}

static const char *why_not_measured(const run_record *run, const memory_figures *m, double vram, double vram_reference)
{
    if (m->kind == SAVING_MEASURED)
        return "";
    const fact_record *const skipped = run_fact(run, -1, -1, FACT_REFERENCE_SKIPPED);
    if (skipped != NULL)
        return skipped->text;
    if (isnan(vram))
        return "no GPU memory of the server was seen";
    return isnan(vram_reference) ? "the un-offloaded side was not measured"
                                 : "the un-offloaded side used no GPU memory";
}

memory_figures memory_figures_of(const run_record *run, int subject)
{
    memory_figures m = {.source = ""};
    memory_claim_of(run->subjects[subject].family, &m.claim_low_pct, &m.claim_high_pct);
    const double experts = run_number(run, subject, -1, FACT_EXPERT_BYTES);
    const double placeable = run_number(run, subject, -1, FACT_PLACEABLE_BYTES);
    const double table = run_number(run, subject, -1, FACT_TOKEN_TABLE_BYTES);
    m.ceiling_pct = share_pct(experts, placeable);
    m.ceiling_without_table_pct = share_pct(experts, placeable - table);
    const double vram = peak(run, subject, /*is_reference=*/false, SAMPLE_GPU_PROCESS);
    const double vram_reference = peak(run, subject, /*is_reference=*/true, SAMPLE_GPU_PROCESS);
    const double told = allocated(run, subject, /*is_reference=*/false);
    const double told_reference = allocated(run, subject, /*is_reference=*/true);
    if (!measure(&m, vram, vram_reference, "driver") && !measure(&m, told, told_reference, "allocations"))
        compute(&m, experts, placeable);
    m.vram_process_bytes = vram;
    m.vram_process_reference_bytes = vram_reference;
    m.vram_allocated_bytes = told;
    m.vram_allocated_reference_bytes = told_reference;
    m.note = why_not_measured(run, &m, vram, vram_reference);
    m.plan_vram_bytes = side_number(run, subject, /*is_reference=*/false, FACT_PLAN_VRAM_BYTES);
    m.plan_ram_bytes = side_number(run, subject, /*is_reference=*/false, FACT_PLAN_RAM_BYTES);
    m.ram_offloaded_bytes = peak(run, subject, /*is_reference=*/false, SAMPLE_PRIVATE);
    m.ram_reference_bytes = peak(run, subject, /*is_reference=*/true, SAMPLE_PRIVATE);
    return m;
}
