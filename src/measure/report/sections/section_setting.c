/* section_setting.c - the conditions of a run at a glance: the machine, and how it was asked.
 *
 * What a reader must know to believe a figure; everything else that was stored is in the section of records.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

static const char *text_fact(const run_record *run, fact_name name)
{
    const fact_record *const fact = run_fact(run, -1, -1, name);
    return fact != NULL ? fact->text : "";
}

static void put_gpu(document *doc, const run_record *run)
{
    const char *const name = text_fact(run, FACT_GPU_NAME), *const driver = text_fact(run, FACT_GPU_DRIVER);
    const double total = run_number(run, -1, -1, FACT_GPU_TOTAL_BYTES);
    char size[CELL_BYTES];
    format_bytes(size, total);
    if (name[0] == '\0')
        doc_fact(doc, "GPU", "", "not known");
    else if (isnan(total) && driver[0] == '\0')
        doc_fact(doc, "GPU", "", "%s%s", strncmp(name, "none", 4) == 0 ? "" : "none seen: ", name);
    else
        doc_fact(doc, "GPU", "", "%s, %s%s%s", name, size, driver[0] != '\0' ? ", driver " : "", driver);
}

static void put_size(document *doc, const char *name, double bytes, const char *note)
{
    char cell[CELL_BYTES];
    format_bytes(cell, bytes);
    doc_fact(doc, name, note, "%s", cell[0] == '-' ? "not known" : cell);
}

static void put_machine(document *doc, const run_record *run)
{
    const run_info *const i = &run->info;
    doc_facts(doc, DOC_FACTS);
    doc_fact(doc, "processor", "", "%s, %d cores", i->cpu, i->n_cores);
    put_size(doc, "RAM installed", i->memory_bytes > 0 ? (double)i->memory_bytes : NAN, "");
    put_size(doc, "RAM free", run_number(run, -1, -1, FACT_AVAILABLE_AT_START), "when the run began");
    put_gpu(doc, run);
    put_size(doc, "storage free", run_number(run, -1, -1, FACT_FREE_STORAGE_BYTES), "where the results are");
    doc_fact(doc, "operating system", "", "%s", i->os);
}

/* The tests that count, and how often each was asked. */
static void put_asking(document *doc, const run_record *run)
{
    int n_tests = 0, n_repeats = 0;
    bool has_mode[N_TEST_MODES] = {false};
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (t->is_warmup)
            continue;
        n_tests = t->index >= n_tests ? t->index + 1 : n_tests;
        n_repeats = t->repeat >= n_repeats ? t->repeat + 1 : n_repeats;
        has_mode[t->mode] = true;
    }
    buf modes;
    buf_init(&modes, 4096);
    for (int mode = 0; mode < N_TEST_MODES; mode++)
        buf_printf(&modes, "%s%s", has_mode[mode] && modes.size > 0 ? ", " : "",
                   has_mode[mode] ? test_mode_name((test_mode)mode) : "");
    doc_fact(doc, "protocol", run->info.protocol_hash, "%s, %d tests", run->info.protocol_name, n_tests);
    doc_fact(doc, "repetitions", "of every test in every mode", "%d", n_repeats);
    doc_fact(doc, "modes", "", "%s", doc_str(doc, &modes));
    buf_free(&modes);
}

void section_setting(document *doc, const run_analysis *a)
{
    doc_heading(doc, 2, "conditions", "Conditions");
    section_differences(doc, a);
    put_machine(doc, a->run);
    put_asking(doc, a->run);
    section_servers(doc, a);
}
