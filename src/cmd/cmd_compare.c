/* cmd_compare.c - `spillway compare`: whether a run is slower or answers otherwise than another one. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/rng.h"
#include "cmd/args.h"
#include "cmd/baselines.h"
#include "cmd/cmd.h"
#include "cmd/loaded_run.h"
#include "cmd/output_width.h"
#include "cmd/terminal.h"
#include "compare/comparison_report.h"
#include "report/render.h"
#include "report/report.h"
#include "report/text_table.h"

typedef struct compare_args {
    const char *knob, *junit, *format, *out, *baselines, *color; // NULL: not given
    bool json;
    arg_strings thresholds;
    comparison_options options;
} compare_args;

/* ---- output ------------------------------------------------------------------------------------------------------ */

/* The outcome below everything, in colour. */
static void put_outcome(buf *out, const comparison *c, int width)
{
    const bool has_color = terminal_has_color(STDOUT_FILENO);
    buf outcome;
    buf_init(&outcome, 4096);
    comparison_put_outcome(&outcome, c);
    buf_putc(out, '\n');
    if (has_color)
        buf_puts(out, c->outcome == COMPARISON_OK ? "\033[32m" : "\033[31m");
    text_wrap(out, buf_str(&outcome), width);
    buf_puts(out, has_color ? "\033[0m" : "");
    buf_free(&outcome);
}

static void put_table(buf *out, const comparison *c, comparison_names names)
{
    const int width = output_width(STDOUT_FILENO);
    document doc;
    document_init(&doc);
    comparison_document(&doc, c, names);
    render_text(out, &doc, width);
    put_outcome(out, c, width);
    document_free(&doc);
}

static sw_code put_comparison(buf *out, const char *format, const comparison *c, comparison_names names, sw_err *err)
{
    sw_code code = SW_OK;
    if (strcmp(format, "json") == 0) {
        code = comparison_json(out, c, names, err);
        buf_putc(out, '\n');
    } else if (strcmp(format, "html") == 0)
        code = comparison_html(out, c, names, entropy_system(), err);
    else if (strcmp(format, "md") == 0)
        comparison_markdown(out, c, names);
    else
        put_table(out, c, names);
    if (code == SW_OK && out->failed != SW_OK)
        code = sw_fail(err, out->failed, "the comparison is too large to be shown");
    return code;
}

/* Writes the comparison in a format into the folder, and says where. */
static sw_code write_file(const compare_args *a, const char *format, const comparison *c, comparison_names names,
                          sw_err *err)
{
    buf text;
    char name[32];
    buf_init(&text, REPORT_BYTES_MAX);
    snprintf(name, sizeof name, "comparison.%s", format);
    sw_code code = put_comparison(&text, format, c, names, err);
    if (code == SW_OK)
        code = folder_put(a->out, name, &text, err);
    if (code == SW_OK)
        fprintf(stderr, "%s/%s\n", a->out, name);
    buf_free(&text);
    return code;
}

/* A result of the last time is replaced: a build service reads whatever is there. */
static sw_code write_junit(const char *path, const comparison *c, comparison_names names, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    comparison_junit(&text, c, names);
    sw_code code = text.failed == SW_OK ? SW_OK : sw_fail(err, text.failed, "the comparison is too large");
    if (code == SW_OK)
        code = file_put(path, buf_str(&text), text.size, err);
    buf_free(&text);
    return code;
}

static sw_code print(const compare_args *a, const comparison *c, comparison_names names, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = put_comparison(&text, a->format, c, names, err);
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    if (code == SW_OK && a->out != NULL)
        code = write_file(a, "md", c, names, err);
    if (code == SW_OK && a->out != NULL)
        code = write_file(a, "html", c, names, err);
    return code == SW_OK && a->junit != NULL ? write_junit(a->junit, c, names, err) : code;
}

static int exit_code_of(comparison_outcome outcome)
{
    return outcome == COMPARISON_OK          ? CMD_EXIT_OK
           : outcome == COMPARISON_REGRESSED ? CMD_EXIT_THRESHOLD
                                             : CMD_EXIT_INVALID;
}

/* A stored run beside a shared file is compared by what both would hold. */
static sw_code open_both(compare_args *a, const char *const texts[2], loaded_run *base, loaded_run *new, sw_err *err)
{
    sw_code code = loaded_run_open(base, texts[0], a->baselines, err);
    if (code == SW_OK)
        code = loaded_run_open(new, texts[1], a->baselines, err);
    a->options.is_shared = base->shared != NULL || new->shared != NULL;
    if (code == SW_OK && a->options.is_shared)
        code = loaded_run_share(base, err);
    if (code == SW_OK && a->options.is_shared)
        code = loaded_run_share(new, err);
    return code;
}

static int compare(compare_args *a, const char *const texts[2])
{
    sw_err err = {0};
    loaded_run base = {0}, new = {0};
    comparison c = {0};
    sw_code code = open_both(a, texts, &base, &new, &err);
    if (code == SW_OK)
        code = comparison_of(&base.analysis, &new.analysis, &a->options, &c, &err);
    if (code == SW_OK)
        code = print(a, &c, (comparison_names){base.name, new.name}, &err);
    const int status = code == SW_OK ? exit_code_of(c.outcome) : cmd_end("compare", code, &err);
    comparison_free(&c);
    loaded_run_free(&base);
    loaded_run_free(&new);
    return status;
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

/* Names every part that a knob can be. */
static sw_code check_knob(const char *knob, sw_err *err)
{
    buf names;
    buf_init(&names, 4096);
    bool is_known = knob == NULL;
    for (size_t i = 0; run_part_name(i) != NULL; i++) {
        is_known |= knob != NULL && strcmp(knob, run_part_name(i)) == 0;
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", run_part_name(i));
    }
    const sw_code code =
        is_known ? SW_OK : sw_fail(err, SW_EINVAL, "--knob takes one of %s, not '%.40s'", buf_str(&names), knob);
    buf_free(&names);
    return code;
}

static sw_code check_format(compare_args *a, sw_err *err)
{
    static const char *const FORMATS[] = {"table", "md", "html", "json"};
    if (a->json && a->format != NULL && strcmp(a->format, "json") != 0)
        return sw_fail(err, SW_EINVAL, "--json and --format %.40s contradict each other", a->format);
    a->format = a->json ? "json" : a->format != NULL ? a->format : "table";
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (strcmp(a->format, FORMATS[i]) == 0)
            return SW_OK;
    }
    return sw_fail(err, SW_EINVAL, "--format takes table, md, html or json, not '%.40s'", a->format);
}

static sw_code read_options(compare_args *a, sw_err *err)
{
    a->options.knob = a->knob;
    a->options.limits = compare_limits_default();
    sw_code code = check_knob(a->knob, err);
    if (code == SW_OK)
        code = check_format(a, err);
    for (size_t i = 0; code == SW_OK && i < a->thresholds.n; i++)
        code = compare_limits_set(&a->options.limits, a->thresholds.values[i], err);
    return code == SW_OK ? terminal_choose_color(a->color, err) : code;
}

int cmd_compare(int argc, char **argv)
{
    compare_args a = {.baselines = BASELINES_FOLDER};
    const arg_row rows[] = {
        {"threshold", NULL, ARG_STRINGS, &a.thresholds, 0, 0, "METRIC=VALUE",
         "how much a figure may get worse, or off; several times for several figures"},
        {"knob", NULL, ARG_STRING, &a.knob, 0, 0, "NAME",
         "the one part in which both runs may differ, because it is what is compared: version, n_threads, ..."},
        {"force", "-f", ARG_FLAG, &a.options.is_forced, 0, 0, NULL,
         "compare unlike and invalid runs all the same; the output says so"},
        {"format", NULL, ARG_STRING, &a.format, 0, 0, "FORMAT", "print table, md, html or json (default: table)"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "the same as --format json"},
        {"out", "-o", ARG_STRING, &a.out, 0, 0, "DIR", "write comparison.md and comparison.html into this folder, too"},
        {"junit", NULL, ARG_STRING, &a.junit, 0, 0, "FILE", "write JUnit's XML too; a file of this name is replaced"},
        BASELINES_ARG_ROW(a.baselines),
        {"color", NULL, ARG_STRING, &a.color, 0, 0, "always|auto|never",
         "colour of the outcome; auto: on a terminal, unless NO_COLOR is set (default: auto)"},
    };
    const arg_list args = {
        .command = "compare",
        .usage = "BASE NEW [OPTIONS]",
        .description =
            "Compares two stored runs of bench or of stress: per model, mode (or stage), figure and test the\n"
            "difference of NEW from BASE, with its interval and a verdict; of stress the criteria, too. A run\n"
            "is named as for `spillway runs`, or is the name of a baseline, or a file of --share, which has\n"
            "figures and no answers.\n\n"
            "Exit code 3: a figure is surely worse by more than is allowed, a test or check that passed\n"
            "fails, a repeatable answer changed, or a criterion that was met is not. 4: the runs are unlike\n"
            "or invalid, or have too few tests.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 2,
        .max_positional = 2,
    };
    const char *texts[2];
    size_t n_texts;
    const int status = args_parse(&args, argc, argv, texts, &n_texts);
    if (status >= 0)
        return status;
    sw_err err = {0};
    const sw_code code = read_options(&a, &err);
    return code == SW_OK ? compare(&a, texts) : cmd_fail("compare", &err);
}
