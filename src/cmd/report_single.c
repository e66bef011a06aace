/* report_single.c - loads one run, computes its figures and writes it in the form that was asked for. */
#include "cmd/report_single.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rng.h"
#include "cmd/output_width.h"
#include "cmd/run_open.h"
#include "report/report.h"
#include "results/store.h"
#include "share/share.h"

enum { PATH_BYTES_MAX = 65536 };

static const char *const FORMATS[] = {"table", "md", "csv", "json", "jsonl", "html"};

bool report_is_format(const char *name)
{
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        if (strcmp(FORMATS[i], name) == 0)
            return true;
    }
    return false;
}

/* The run in one of FORMATS on standard output; nothing is written to the folder. */
static sw_code print_run(const char *format, const run_analysis *analysis, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = SW_OK;
    if (strcmp(format, "json") == 0)
        code = report_json(&text, analysis, err);
    else if (strcmp(format, "jsonl") == 0)
        code = report_jsonl(&text, analysis, err);
    else if (strcmp(format, "html") == 0)
        code = report_html(&text, analysis, entropy_system(), err);
    else if (strcmp(format, "csv") == 0)
        report_csv(&text, analysis);
    else if (strcmp(format, "md") == 0)
        report_markdown(&text, analysis);
    else
        report_text(&text, analysis, output_width(STDOUT_FILENO));
    if (code == SW_OK && text.failed != SW_OK)
        code = sw_fail(err, text.failed, "the report is too large");
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    return code;
}

/* Writes the report of run `id` in the form that was asked for. */
static sw_code make_report(const report_args *a, result_store *store, int64_t id, const char *dir, sw_err *err)
{
    run_record *run;
    sw_code code = store_load_run(store, id, &run, err);
    if (code != SW_OK)
        return code;
    run_analysis analysis;
    code = run_analysis_of(run, &analysis, err);
    if (code == SW_OK && a->share != NULL)
        code = share_put(a->share, &analysis, err);
    else if (code == SW_OK && a->format != NULL)
        code = print_run(a->format, &analysis, err);
    else if (code == SW_OK && (code = report_write(&analysis, dir, entropy_system(), err)) == SW_OK)
        printf("%s/report.md\n%s/report.html\n", dir, dir);
    run_analysis_free(&analysis);
    run_record_free(run);
    return code;
}

/* The number is that of --run, or of the name. */
static sw_code find_run(const report_args *a, const char *named, arena *keep, run_name *name, sw_err *err)
{
    const sw_code code = run_name_parse(named, keep, name, err);
    if (code == SW_OK && a->run_id != 0 && name->id != 0)
        return sw_fail(err, SW_EINVAL, "'%.200s' has a number, so that --run cannot be given", named);
    if (a->run_id != 0)
        name->id = a->run_id;
    return code;
}

sw_code report_single(const report_args *a, const char *named, sw_err *err)
{
    result_store *store = NULL;
    run_name name;
    buf dir;
    buf_init(&dir, PATH_BYTES_MAX);
    arena *const keep = arena_create();
    sw_code code = keep != NULL ? find_run(a, named, keep, &name, err)
                                : sw_fail(err, SW_ENOMEM, "out of memory looking for a run");
    if (code == SW_OK)
        code = run_open(&store, &name, /*read_only=*/true, err);
    if (code == SW_OK) {
        buf_put_folder(&dir, name.store);
        code = make_report(a, store, name.id, a->out != NULL ? a->out : buf_str(&dir), err);
    }
    store_close(store);
    buf_free(&dir);
    arena_free(keep);
    return code;
}
