/* section_resources.c - what was sampled while a model's servers ran. */
#include "base/buf.h"
#include "figures/resource_figures.h"
#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column COLUMNS[] = {
    {"figure", "", "", false, 0},
    {"samples", "", "that have it", true, 1},
    {"lowest", "", "", true, 0},
    {"median", "", "", true, 0},
    {"highest", "", "", true, 0},
    {"added", "", "of figures that only ever grow: from the first sample to the last", true, 0},
    {"per second", "", "", true, 1},
    {"meaning", "", "", false, 2},
};
// clang-format on

/* The figures that no sample has. */
static void put_unknown(document *doc, const resource_figures *r)
{
    buf names;
    buf_init(&names, 4096);
    for (int i = 0; i < N_SAMPLE_FIGURES; i++) {
        if (r->figures[i].n == 0)
            buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", SAMPLE_FIGURE_IDS[i].name);
    }
    const char *const text = doc_str(doc, &names);
    if (text[0] != '\0')
        doc_paragraph(doc, "Not known here: %s.", text);
    buf_free(&names);
}

/* Names are those of the samples in the JSON report. */
static void put_figures(document *doc, const char *title, const resource_figures *r)
{
    if (r->n == 0)
        return;
    doc_table(doc, title, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (int i = 0; i < N_SAMPLE_FIGURES; i++) {
        const sample_figure_id *const id = &SAMPLE_FIGURE_IDS[i];
        const resource_figure *const f = &r->figures[i];
        if (f->n == 0)
            continue;
        doc_put(doc, id->name);
        doc_putf(doc, "%zu", f->n);
        cell_by_unit(doc, f->min, id->unit);
        cell_by_unit(doc, f->median, id->unit);
        cell_by_unit(doc, f->max, id->unit);
        cell_by_unit(doc, f->growth, id->unit);
        cell_by_unit(doc, f->per_s, id->unit);
        doc_put(doc, id->meaning);
    }
    put_unknown(doc, r);
}

// clang-format off
static const doc_column GPUS[] = {
    {"GPU", "", "as the driver counts", false, 0},
    {"servers", "", "", false, 0},
    {"process", "", "highest memory of the server", true, 0},
    {"in use", "", "highest memory of all processes", true, 0},
    {"busy", "%", "median", true, 0},
    {"power", "W", "median", true, 1},
    {"temperature", "C", "highest", true, 1},
    {"PCIe in", "", "highest", true, 2},
    {"PCIe out", "", "highest", true, 2},
};
// clang-format on

#define OF(name) f[SAMPLE_GPU_##name - SAMPLE_GPU_PROCESS]

/* The figures of one GPU; nothing if these servers were not sampled. */
static bool put_gpu(document *doc, const run_record *run, int subject, bool is_reference, int gpu)
{
    resource_figure f[N_GPU_FIGURES];
    if (resource_gpu_figures_of(run, subject, is_reference, gpu, f, NULL) != SW_OK)
        return false;
    if (OF(USED).n + OF(PROCESS).n == 0)
        return true;
    doc_putf(doc, "%d", gpu);
    doc_put(doc, is_reference ? "reference" : "offloaded");
    cell_bytes(doc, OF(PROCESS).max);
    cell_bytes(doc, OF(USED).max);
    cell_number(doc, OF(UTILIZATION).median);
    cell_number(doc, OF(POWER).median);
    cell_number(doc, OF(TEMPERATURE).max);
    cell_by_unit(doc, OF(PCIE_RX).max, "B/s");
    cell_by_unit(doc, OF(PCIE_TX).max, "B/s");
    return true;
}

/* Several GPUs one by one, since the sums above hide which of them is full or idle. */
static void put_gpus(document *doc, const run_record *run, int subject)
{
    const int n = resource_n_gpus(run);
    if (n == 0)
        return;
    doc_table(doc, "Each GPU", GPUS, sizeof GPUS / sizeof *GPUS);
    for (int i = 0; i < 2 * n && !doc->has_failed; i++)
        doc->has_failed = !put_gpu(doc, run, subject, i % 2 == 1, i / 2);
}

void section_resources(document *doc, const run_analysis *a, const subject_analysis *s)
{
    doc_heading(doc, 3, anchor_part(s->index, "resources").text, "Resources");
    for (int is_reference = 0; is_reference < 2; is_reference++) {
        resource_figures figures;
        if (resource_figures_of(a->run, s->index, is_reference != 0, &figures, NULL) != SW_OK) {
            doc->has_failed = true;
            return;
        }
        put_figures(doc, is_reference != 0 ? "Reference, experts not offloaded" : "Offloaded, or as given", &figures);
        if (figures.n == 0 && is_reference == 0)
            doc_paragraph(doc, "Nothing was sampled: the server's process is not on this machine, not visible, or not "
                               "known as a model server.");
    }
    put_gpus(doc, a->run, s->index);
}
