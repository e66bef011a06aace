/* cmd_experts.c - `spillway experts`: what caches of experts would bring on a recorded trace, and profiles of experts.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "cache/expert_profile.h"
#include "client/target.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/experts_curve.h"
#include "cmd/model_names.h"
#include "cmd/output_file.h"
#include "cmd/standard_input.h"

// A row has about 120 bytes with 4 experts.
enum { TRACE_BYTES_MAX = 512 << 20, PROFILE_BYTES_MAX = 64 << 20, UPLOADS_MAX = 1024 };

/* Values of the options and words. */
typedef struct experts_args {
    const char *source, *model; // model NULL: none is named
    arg_ints capacities;
    double half_life, margin;
    long uploads_max;
    bool as_json, as_csv, force;
    const char *out;
} experts_args;

/* Reads a file, or standard input for "-".  Free *text_out with mem_free. */
static sw_code read_source(const char *source, char **text_out, size_t *n_out, sw_err *err)
{
    if (strcmp(source, "-") != 0)
        return file_slurp(source, TRACE_BYTES_MAX, text_out, n_out, err);
    buf text;
    buf_init(&text, TRACE_BYTES_MAX);
    const sw_code code = standard_input_read(&text, err);
    *n_out = text.size;
    *text_out = code == SW_OK ? buf_take(&text) : NULL;
    buf_free(&text);
    return code == SW_OK && *text_out == NULL && *n_out > 0 ? sw_fail(err, SW_ENOMEM, "out of memory") : code;
}

/* The sizes of a named model's experts; without one nothing is known. */
static sw_code read_sizes(expert_sizes *out, const char *model, const router_trace *trace, sw_err *err)
{
    char path[PATH_MAX];
    *out = (expert_sizes){.bytes = NULL};
    if (model == NULL)
        return SW_OK;
    const sw_code code = model_names_find(model, NULL, path, sizeof path, err);
    return code == SW_OK ? expert_sizes_read(out, path, trace, err) : code;
}

/* ---- simulate --------------------------------------------------------------------------------------------------- */

static sw_code fill_curve(expert_curve *curve, const experts_args *a, const router_trace *trace, sw_err *err)
{
    *curve = (expert_curve){.trace = trace};
    sw_code code = read_sizes(&curve->sizes, a->model, trace, err);
    curve->setting = (cache_setting){.trace = trace,
                                     .n_experts = a->model != NULL ? curve->sizes.n_experts : trace->n_experts,
                                     .half_life = a->half_life,
                                     .margin = a->margin,
                                     .uploads_max = (int)a->uploads_max};
    if (code == SW_OK)
        code = expert_curve_fill(curve, a->capacities.values, a->capacities.n, err);
    return code;
}

static int simulate(const experts_args *a)
{
    sw_err err = {0};
    char *text = NULL;
    size_t n;
    router_trace trace = {.n_layers = 0};
    expert_curve curve = {.n = 0};
    sw_code code = read_source(a->source, &text, &n, &err);
    if (code == SW_OK)
        code = router_trace_parse(&trace, text != NULL ? text : "", n, a->source, &err);
    mem_free(text);
    if (code == SW_OK)
        code = fill_curve(&curve, a, &trace, &err);
    int status = cmd_end("experts", code, &err);
    if (code == SW_OK) {
        const bool ok = a->as_json  ? experts_print_json(&curve)
                        : a->as_csv ? experts_print_csv(&curve)
                                    : experts_print_text(&curve);
        status = ok ? CMD_EXIT_OK : CMD_EXIT_FAILURE;
    }
    expert_sizes_free(&curve.sizes);
    router_trace_free(&trace);
    return status;
}

/* ---- profile ---------------------------------------------------------------------------------------------------- */

static sw_code from_server(expert_profile *out, const char *url, sw_err *err)
{
    chat_target *target;
    json_t *document = NULL;
    sw_code code = target_open(&target, url, NULL, err);
    if (code != SW_OK)
        return code;
    code = target_get_json(target, "/v1/experts?since=start", &document, err);
    if (code == SW_OK)
        code = expert_profile_from_json(out, document, url, err);
    json_decref(document);
    target_close(target);
    return code;
}

static sw_code from_trace(expert_profile *out, const experts_args *a, const char *text, size_t n, sw_err *err)
{
    router_trace trace;
    expert_sizes sizes = {.bytes = NULL};
    sw_code code = router_trace_parse(&trace, text, n, a->source, err);
    if (code == SW_OK)
        code = read_sizes(&sizes, a->model, &trace, err);
    if (code == SW_OK)
        code = expert_profile_from_trace(out, &trace, a->model != NULL ? sizes.n_experts : trace.n_experts, err);
    expert_sizes_free(&sizes);
    router_trace_free(&trace);
    return code;
}

/* A text with the member "layers" is counts; a row of a trace has no such member. */
static sw_code from_file(expert_profile *out, const experts_args *a, sw_err *err)
{
    char *text = NULL;
    size_t n;
    sw_code code = read_source(a->source, &text, &n, err);
    if (code != SW_OK)
        return code;
    const char *const content = text != NULL ? text : "";
    const bool is_counts = strstr(content, "\"layers\"") != NULL;
    code = is_counts ? expert_profile_parse(out, content, n, a->source, err) : from_trace(out, a, content, n, err);
    mem_free(text);
    return code;
}

static sw_code write_profile(const experts_args *a, const expert_profile *profile, sw_err *err)
{
    buf text;
    buf_init(&text, PROFILE_BYTES_MAX);
    expert_profile_write(&text, profile);
    const sw_code code = text.failed == SW_OK ? file_put(a->out, buf_str(&text), text.size, err)
                                              : sw_fail(err, text.failed, "out of memory");
    buf_free(&text);
    return code;
}

static int profile(const experts_args *a)
{
    sw_err err = {0};
    expert_profile found = {.n_layers = 0};
    const bool is_url = strncmp(a->source, "http://", 7) == 0 || strncmp(a->source, "https://", 8) == 0;
    sw_code code = a->out != NULL ? output_file_check(a->out, is_url ? NULL : a->source, a->force, &err)
                                  : sw_fail(&err, SW_EINVAL, "profile needs --out FILE");
    if (code == SW_OK)
        code = is_url ? from_server(&found, a->source, &err) : from_file(&found, a, &err);
    if (code == SW_OK)
        code = write_profile(a, &found, &err);
    if (code == SW_OK)
        fprintf(stderr, "%d layers of %d experts, %llu tokens\n", found.n_layers, found.n_experts,
                (unsigned long long)found.n_tokens);
    expert_profile_free(&found);
    return cmd_end("experts", code, &err);
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static int usage_error(const char *what)
{
    fprintf(stderr, "spillway experts: %s; see spillway experts --help\n", what);
    return CMD_EXIT_USAGE;
}

static int dispatch(const char *action, const experts_args *a)
{
    const bool is_simulate = strcmp(action, "simulate") == 0;
    if (!is_simulate && strcmp(action, "profile") != 0)
        return usage_error("the first word is simulate or profile");
    if (is_simulate && (a->out != NULL || a->force))
        return usage_error("--out and --force are for profile");
    if (!is_simulate && (a->as_json || a->as_csv || a->capacities.n > 0))
        return usage_error("--json, --csv and --experts are for simulate");
    if (a->as_json && a->as_csv)
        return usage_error("give --json or --csv, not both");
    return is_simulate ? simulate(a) : profile(a);
}

int cmd_experts(int argc, char **argv)
{
    experts_args a = {
        .half_life = EXPERT_POLICY_HALF_LIFE, .margin = EXPERT_POLICY_MARGIN, .uploads_max = EXPERT_POLICY_UPLOADS_MAX};
    // clang-format off
    const arg_row rows[] = {
        {"experts", NULL, ARG_INTS, &a.capacities, 1, LIMIT_MODEL_EXPERTS, "N,...", "simulate: experts that each layer's cache holds (default: up to 16 sizes)"},
        {"half-life", NULL, ARG_DOUBLE, &a.half_life, 1, 1e9, "N", "simulate: tokens after which a use counts half, in the adaptive rule (default: 256)"},
        {"margin", NULL, ARG_DOUBLE, &a.margin, 0, 1e9, "X", "simulate: uses by which an expert must be ahead of the one that it replaces (default: 1)"},
        {"uploads", NULL, ARG_INT, &a.uploads_max, 1, UPLOADS_MAX, "N", "simulate: experts that the adaptive rule uploads after a token, at most (default: 4)"},
        {"json", NULL, ARG_FLAG, &a.as_json, 0, 0, NULL, "simulate: print one JSON document"},
        {"csv", NULL, ARG_FLAG, &a.as_csv, 0, 0, NULL, "simulate: print comma-separated values"},
        {"out", "-o", ARG_STRING, &a.out, 0, 0, "FILE", "profile: the file to write (required)"},
        FORCE_ARG_ROW(a.force),
    };
    // clang-format on
    const arg_list args = {
        .command = "experts",
        .usage = "simulate TRACE [MODEL] | profile SOURCE [MODEL] --out FILE",
        .description =
            "simulate: what share of experts would have been in a cache in VRAM, by its size and by the rule that "
            "fills it. TRACE is what GET /v1/experts/trace returns of a server with --expert-trace; - is standard "
            "input. With MODEL the table has bytes.\n\nprofile: writes how often each expert was used, for "
            "--expert-profile. SOURCE is a trace, what GET /v1/experts returns, or the URL of a server.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 2,
        .max_positional = 3,
    };
    const char *positional[3];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    a.source = positional[1];
    a.model = n_positional > 2 ? positional[2] : NULL;
    return dispatch(positional[0], &a);
}
