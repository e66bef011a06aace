/* report_paper.c - loads the runs, one after another, and keeps them until everything is written. */
#include "cmd/report_paper.h"

#include <stdio.h>

#include "cmd/run_open.h"
#include "report/paper/paper.h"
#include "results/store.h"

/* A run and its figures; *analysis is set with the run even after an error. */
static sw_code load(const char *text, arena *keep, run_record **run, run_analysis *analysis, sw_err *err)
{
    run_name name;
    result_store *store = NULL;
    sw_code code = run_name_parse(text, keep, &name, err);
    if (code == SW_OK)
        code = run_open(&store, &name, /*read_only=*/true, err);
    if (code == SW_OK)
        code = store_load_run(store, name.id, run, err);
    store_close(store);
    return code == SW_OK ? run_analysis_of(*run, analysis, err) : code;
}

sw_code report_paper(const char *const *names, size_t n, const char *dir, sw_err *err)
{
    run_record *runs[PAPER_RUNS_MAX] = {0};
    run_analysis analyses[PAPER_RUNS_MAX] = {0};
    if (n > PAPER_RUNS_MAX)
        return sw_fail(err, SW_ELIMIT, "a paper's data is of at most %d runs, not %zu", PAPER_RUNS_MAX, n);
    arena *const keep = arena_create();
    sw_code code = SW_OK;
    if (keep == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory for the data of a paper");
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = load(names[i], keep, &runs[i], &analyses[i], err);
    if (code == SW_OK)
        code = paper_write(analyses, n, dir, err);
    if (code == SW_OK)
        printf("%s/data.md\n", dir);
    for (size_t i = 0; i < n; i++) {
        run_analysis_free(&analyses[i]);
        run_record_free(runs[i]);
    }
    arena_free(keep);
    return code;
}
