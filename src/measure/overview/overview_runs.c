/* overview_runs.c - a part for each run, where its rows lead; and what such a page cannot say. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "overview/overview_sections.h"
#include "report/format.h"

enum { REASONS_MAX = 4, REASON_BYTES = 400 };

/* The first reasons; the run's own report has all. */
static void put_reasons(document *doc, const char *reasons)
{
    for (int i = 0; i < REASONS_MAX && *reasons != '\0'; i++) {
        const size_t n = strcspn(reasons, "\n");
        if (n > 0)
            doc_remark(doc, TONE_OPEN, "%.*s", (int)(n < REASON_BYTES ? n : REASON_BYTES), reasons);
        reasons += n + (reasons[n] == '\n');
    }
}

static void put_models(document *doc, const overview *o, const overview_run *run)
{
    buf names;
    buf_init(&names, 1 << 18);
    for (size_t i = 0; i < run->n_entries; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", o->entries[run->first_entry + i].model);
    doc_fact(doc, "models", "", "%s", doc_str(doc, &names));
    buf_free(&names);
}

static void put_run(document *doc, const overview *o, int i)
{
    const overview_run *const run = &o->runs[i];
    char anchor[OVERVIEW_ANCHOR_BYTES], started[CELL_BYTES], title[CELL_BYTES];
    snprintf(title, sizeof title, "Run %d", i + 1);
    format_time(started, run->started_unix_ms);
    doc_heading(doc, 3, overview_anchor(anchor, i), title);
    doc_facts(doc, DOC_FACTS);
    doc_fact(doc, "name", "", "%s", run->name);
    put_models(doc, o, run);
    doc_fact(doc, "started", "", "%s", started);
    doc_fact(doc, "status", run->is_ranked ? "" : "its figures are kept, and never ranked", "%s", run->status);
    doc_fact(doc, "spillway", "", "%s", run->version);
    doc_fact(doc, "fingerprint", "runs of one are comparable", "%s", run->fingerprint);
    doc_fact(doc, "measured by", "", "%s", run->command);
    doc_fact(doc, "its own report", "", "spillway report %s", run->name);
    put_reasons(doc, run->reasons);
}

void overview_section_runs(document *doc, const overview *o)
{
    doc_heading(doc, 2, "runs", "The runs");
    for (size_t i = 0; i < o->n_runs; i++)
        put_run(doc, o, (int)i);
}

static const char *const LIMITS[] = {
    "Runs of different machines, protocols, settings, builds or placements are shown side by side and never ranked: "
    "what "
    "makes them differ cannot be told from their figures.",
    "Only what the stores hold is compared. A machine that was busy with something else in one run makes that run look "
    "slower; repeat a run before a small difference is believed.",
    "An interval of a median says how far the tests of a protocol differ from each other. Whether one run is faster "
    "than "
    "another is judged by pairs of the same test, and may be sure although their intervals overlap.",
    "Runs that are not told apart need not be equal: more repetitions (--repeat of bench) tell smaller differences.",
    "With a temperature above 0, runs have different answers to one prompt: compare rates, not total times.",
    "Memory is one value of each run, and is not ranked.",
};

void overview_section_limits(document *doc)
{
    doc_heading(doc, 2, "limits", "What this page cannot say");
    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++)
        doc_paragraph(doc, "%s", LIMITS[i]);
}
