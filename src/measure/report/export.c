/* export.c - the writers of report.h by the names of their formats. */
#include "report/export.h"

#include <stddef.h>
#include <string.h>

#include "report/report.h"

static sw_code write_csv(buf *out, const run_analysis *analysis, sw_err *err)
{
    (void)err; // the buffer keeps a failure
    report_csv(out, analysis);
    return SW_OK;
}

static sw_code write_markdown(buf *out, const run_analysis *analysis, sw_err *err)
{
    (void)err;
    report_markdown(out, analysis);
    return SW_OK;
}

static const struct {
    const char *name;
    sw_code (*write)(buf *out, const run_analysis *analysis, sw_err *err);
} FORMATS[] = {{"json", report_json}, {"csv", write_csv}, {"md", write_markdown}};

enum { N_FORMATS = sizeof FORMATS / sizeof FORMATS[0] };

/* The position of the format, or N_FORMATS. */
static size_t find_format(const char *name)
{
    size_t i = 0;
    while (i < N_FORMATS && strcmp(FORMATS[i].name, name) != 0)
        i++;
    return i;
}

bool export_is_format(const char *name)
{
    return find_format(name) < N_FORMATS;
}

sw_code export_run(buf *out, const char *format, const run_analysis *analysis, sw_err *err)
{
    const size_t i = find_format(format);
    if (i == N_FORMATS)
        return sw_fail(err, SW_EINVAL, "a run is exported as json, csv or md, not '%.40s'", format);
    const sw_code code = FORMATS[i].write(out, analysis, err);
    if (code == SW_OK && out->failed != SW_OK)
        return sw_fail(err, out->failed, "the report is too large");
    return code;
}
