/* report_several.c - loads one run after another: only their figures are kept. */
#include "cmd/report_several.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd/output_width.h"
#include "cmd/run_open.h"
#include "overview/overview_report.h"
#include "report/report.h"
#include "results/store.h"

enum { NAME_BYTES_MAX = 1 << 20 };

static const char ALL[] = ":all";

bool report_names_all(const char *text)
{
    struct stat st;
    const size_t n = strlen(text), n_all = strlen(ALL);
    return n > n_all && strcmp(text + n - n_all, ALL) == 0 && stat(text, &st) != 0;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

/* What cannot be read may be left out, if that was asked for; a lack of memory or too many runs may not. */
static sw_code lose(overview *o, const report_args *a, const run_name *name, sw_code code, sw_err *err)
{
    if (!a->can_skip_bad || code == SW_ENOMEM || code == SW_ELIMIT || code == SW_OK)
        return code;
    buf text;
    buf_init(&text, NAME_BYTES_MAX);
    if (name->id != 0)
        run_name_put(&text, name->store, name->id);
    else
        buf_puts(&text, name->store);
    const sw_err why = *err;
    sw_err_clear(err);
    code = overview_lose(o, buf_str(&text), why.msg, err);
    buf_free(&text);
    return code;
}

static sw_code add_analysis(overview *o, const run_name *name, const run_record *run, sw_err *err)
{
    run_analysis analysis;
    buf text;
    buf_init(&text, NAME_BYTES_MAX);
    run_name_put(&text, name->store, run->info.id);
    sw_code code = run_analysis_brief_of(run, &analysis, err);
    if (code == SW_OK)
        code = overview_add(o, &analysis, buf_str(&text), err);
    run_analysis_free(&analysis);
    buf_free(&text);
    return code;
}

/* The run with the number of the name; 0: the latest. */
static sw_code add_run(overview *o, const report_args *a, result_store *store, const run_name *name, sw_err *err)
{
    run_record *run;
    sw_code code = store_load_run(store, name->id, &run, err);
    if (code != SW_OK)
        return lose(o, a, name, code, err);
    code = add_analysis(o, name, run, err);
    run_record_free(run);
    return code;
}

static sw_code add_every_run(overview *o, const report_args *a, result_store *store, const run_name *name, sw_err *err)
{
    run_list list;
    sw_code code = store_list_runs(store, &list, err);
    if (code != SW_OK)
        code = lose(o, a, name, code, err);
    for (size_t i = 0; code == SW_OK && i < list.n; i++)
        code = add_run(o, a, store, &(run_name){name->store, list.entries[i].id}, err);
    run_list_free(&list);
    return code;
}

static sw_code add_store(overview *o, const report_args *a, const run_name *name, bool is_all, sw_err *err)
{
    result_store *store;
    sw_code code = run_open(&store, name, /*read_only=*/true, err);
    if (code != SW_OK)
        return lose(o, a, name, code, err);
    code = is_all && name->id == 0 ? add_every_run(o, a, store, name, err) : add_run(o, a, store, name, err);
    store_close(store);
    return code;
}

/* One argument: a run, a store, or a folder of stores. */
static sw_code add_named(overview *o, const report_args *a, const char *text, sw_err *err)
{
    const bool names_all = report_names_all(text);
    buf named;
    buf_init(&named, NAME_BYTES_MAX);
    buf_append(&named, text, strlen(text) - (names_all ? strlen(ALL) : 0));
    run_names names;
    const char *const one = buf_str(&named);
    sw_code code = run_names_find(&one, 1, &names, err);
    for (size_t i = 0; code == SW_OK && i < names.n; i++)
        code = add_store(o, a, &names.items[i], a->is_all || names_all, err);
    run_names_free(&names);
    buf_free(&named);
    return code;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static sw_code print(const char *format, const overview *o, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = SW_OK;
    if (strcmp(format, "json") == 0)
        code = overview_json(&text, o, err);
    else if (strcmp(format, "html") == 0)
        overview_html(&text, o);
    else if (strcmp(format, "csv") == 0)
        overview_csv(&text, o);
    else if (strcmp(format, "md") == 0)
        overview_markdown(&text, o);
    else
        overview_text(&text, o, output_width(STDOUT_FILENO));
    if (code == SW_OK && text.failed != SW_OK)
        code = sw_fail(err, text.failed, "the report is too large");
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    return code;
}

static sw_code write_files(const char *dir, const overview *o, sw_err *err)
{
    const sw_code code = overview_write(o, dir, err);
    if (code == SW_OK)
        printf("%s/overview.md\n%s/overview.html\n", dir, dir);
    return code;
}

sw_code report_several(const report_args *a, const char *const *texts, size_t n, sw_err *err)
{
    overview o;
    sw_code code = overview_init(&o, err);
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = add_named(&o, a, texts[i], err);
    if (code == SW_OK && o.n_runs == 0)
        code = sw_fail(err, SW_ENOTFOUND, "no run could be read; the last: %.300s",
                       o.n_lost > 0 ? o.lost[o.n_lost - 1].why : "the stores have none");
    if (code == SW_OK)
        code = overview_judge(&o, a->knob, err);
    if (code == SW_OK)
        code = a->format != NULL ? print(a->format, &o, err) : write_files(a->out != NULL ? a->out : ".", &o, err);
    overview_free(&o);
    return code;
}
