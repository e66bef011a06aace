/* cmd_monitor.c - `spillway monitor`: the memory, processor, storage and GPU of a server while it runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/monitor_loop.h"
#include "cmd/monitor_print.h"
#include "cmd/monitor_replay.h"
#include "cmd/monitor_target.h"
#include "cmd/output_file.h"
#include "cmd/output_width.h"
#include "cmd/spark.h"
#include "cmd/terminal.h"
#include "monitor/machine.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

typedef struct monitor_args {
    monitor_target target;
    const char *model, *record, *replay, *color;
    double interval_s, for_s;
    bool once, json, jsonl, ascii, force;
} monitor_args;

/* ---- modes ------------------------------------------------------------------------------------------------------- */

static recording_head head_of(const monitor_args *a, long pid, const sample_source *source)
{
    const machine_info machine = machine_facts();
    recording_head h = {.started_unix_s = clock_unix_s(clock_system()),
                        .interval_s = a->interval_s,
                        .pid = pid,
                        .n_cores = sysconf(_SC_NPROCESSORS_ONLN) > 0 ? sysconf(_SC_NPROCESSORS_ONLN) : 1,
                        .memory_bytes = (double)machine.memory_bytes};
    if (pid != 0)
        machine_is_model_server(pid, h.program);
    snprintf(h.cpu, sizeof h.cpu, "%s", machine.cpu);
    snprintf(h.os, sizeof h.os, "%s", machine.os);
    snprintf(h.gpu, sizeof h.gpu, "%s", sample_source_gpu_name(source));
    snprintf(h.gpu_driver, sizeof h.gpu_driver, "%s", sample_source_gpu_driver(source));
    snprintf(h.gpu_note, sizeof h.gpu_note, "%s", sample_source_gpu_note(source));
    return h;
}

static sw_code print(buf *text, sw_err *err)
{
    if (text->failed != SW_OK)
        return sw_fail(err, text->failed, "the figures are too large to print");
    fwrite(buf_str(text), 1, text->size, stdout); // cmd_main reports a failure
    return SW_OK;
}

/* What is watched: its process, and where it is a server with a URL what that says of itself. */
typedef struct watched {
    sample_source *source;
    monitor_server *server; // NULL: there is no URL
    const recording_head *head;
} watched;

static void print_once(buf *out, const watched *w, const sample_values *values, double allocated)
{
    const int width = output_width(STDOUT_FILENO);
    monitor_print_sample(out, w->head, values, allocated, width);
    monitor_print_gpus(out, sample_source_gpus(w->source), width);
}

static sw_code show_once(const monitor_args *a, const watched *w, sw_err *err)
{
    const double allocated = monitor_server_vram_bytes(w->server);
    sample_values values;
    buf text;
    if (!sample_source_read(w->source, &values))
        return sw_fail(err, SW_EIO, "process %ld cannot be read: it has ended, or is another user's", w->head->pid);
    buf_init(&text, TEXT_BYTES_MAX);
    if (a->json)
        monitor_print_json(&text, w->head, &values, sample_source_gpus(w->source), allocated);
    else
        print_once(&text, w, &values, allocated);
    const sw_code code = print(&text, err);
    buf_free(&text);
    return code;
}

static sw_code put_jsonl_head(const recording_head *head, sw_err *err)
{
    buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    recording_put_head(&text, head);
    buf_putc(&text, '\n');
    const sw_code code = print(&text, err);
    buf_free(&text);
    return code;
}

static sw_code watch(const monitor_args *a, const watched *w, sw_err *err)
{
    const recording_head *const head = w->head;
    monitor_loop loop = {.source = w->source,
                         .server = w->server,
                         .head = head,
                         .record_path = a->record,
                         .seconds = a->for_s,
                         .is_ascii = a->ascii || !spark_is_utf8_locale(),
                         .has_color = terminal_has_color(STDOUT_FILENO)};
    loop.output = a->jsonl ? MONITOR_JSONL : terminal_may_redraw(STDOUT_FILENO) ? MONITOR_SCREEN : MONITOR_LINES;
    sw_code code = a->record != NULL ? recorder_open(&loop.recorder, a->record, head, err) : SW_OK;
    if (code == SW_OK && a->jsonl)
        code = put_jsonl_head(head, err);
    if (code == SW_OK)
        code = monitor_loop_run(&loop, err);
    if (loop.recorder != NULL)
        fprintf(stderr, "%zu samples are in %s\n", recorder_n_samples(loop.recorder), a->record);
    recorder_close(loop.recorder);
    return code;
}

static sw_code replay(const monitor_args *a, sw_err *err)
{
    recording r;
    buf text;
    FILE *const f = fopen(a->replay, "re");
    if (f == NULL)
        return sw_fail(err, errno == ENOENT ? SW_ENOTFOUND : SW_EIO, "%s cannot be read: %s", a->replay,
                       strerror(errno));
    sw_code code = recording_read(&r, f, a->replay, err);
    fclose(f);
    if (code != SW_OK)
        return code;
    buf_init(&text, TEXT_BYTES_MAX);
    code = a->json ? monitor_replay_json(&text, &r, err) : monitor_replay_text(&text, &r, err);
    if (code == SW_OK)
        code = print(&text, err);
    buf_free(&text);
    recording_free(&r);
    return code;
}

static sw_code run(const monitor_args *a, sw_err *err)
{
    long pid;
    char model[MONITOR_PATH_BYTES];
    sample_source *source;
    sw_code code = monitor_target_find(&a->target, &pid, err);
    if (code == SW_OK)
        code = monitor_target_model(a->model, model, err);
    if (code == SW_OK)
        code = sample_source_open(&source, &(sample_source_options){.pid = pid, .model_path = model}, err);
    if (code != SW_OK)
        return code;
    const recording_head head = head_of(a, pid, source);
    watched w = {.source = source, .head = &head};
    if (a->target.url != NULL)
        code = monitor_server_start(&w.server, a->target.url, err);
    if (code == SW_OK)
        code = a->once ? show_once(a, &w, err) : watch(a, &w, err);
    monitor_server_stop(w.server);
    sample_source_close(source);
    return code;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* What does not go together, or has no effect. */
static sw_code check(const monitor_args *a, sw_err *err)
{
    const bool is_live = !a->once && a->replay == NULL;
    if (a->json && is_live)
        return sw_fail(err, SW_EINVAL, "--json prints one document: add --once or --replay FILE, or use --jsonl");
    if (a->once && a->replay != NULL)
        return sw_fail(err, SW_EINVAL, "--once and --replay exclude each other");
    if (!is_live && (a->jsonl || a->record != NULL || a->for_s > 0))
        return sw_fail(err, SW_EINVAL, "--jsonl, --record and --for need samples at an interval, not --%s",
                       a->once ? "once" : "replay");
    if (a->replay != NULL &&
        (a->target.pid != 0 || a->target.name != NULL || a->target.url != NULL || a->model != NULL))
        return sw_fail(err, SW_EINVAL, "--replay reads a file: --pid, --name, --url and --model have no effect on it");
    if (a->record == NULL)
        return a->force ? sw_fail(err, SW_EINVAL, "--force has no effect without --record") : SW_OK;
    if (!recorder_is_form(a->record))
        return sw_fail(err, SW_EINVAL, "--record takes a name that ends with .jsonl or .csv, not '%s'", a->record);
    return output_file_check(a->record, NULL, a->force, err);
}

int cmd_monitor(int argc, char **argv)
{
    monitor_args a = {.interval_s = 1};
    const arg_row rows[] = {
        {"pid", NULL, ARG_INT, &a.target.pid, 1, 2147483647, "N", "watch this process"},
        {"name", NULL, ARG_STRING, &a.target.name, 0, 0, "NAME", "watch the process that runs this program or script"},
        {"url", NULL, ARG_STRING, &a.target.url, 0, 0, "URL", "watch the process that listens there, on this machine"},
        {"model", "-m", ARG_STRING, &a.model, 0, 0, "MODEL",
         "count how much of this model's file is in the page cache"},
        {"interval", "-i", ARG_DOUBLE, &a.interval_s, 0.1, 3600, "S", "seconds between samples (default: 1)"},
        {"for", NULL, ARG_DOUBLE, &a.for_s, 0.1, 31536000, "S", "end after this time (default: at Ctrl-C)"},
        {"record", "-o", ARG_STRING, &a.record, 0, 0, "FILE", "write the samples to FILE.jsonl or FILE.csv as well"},
        FORCE_ARG_ROW(a.force),
        {"replay", NULL, ARG_STRING, &a.replay, 0, 0, "FILE", "summarize a recording instead of watching"},
        {"once", NULL, ARG_FLAG, &a.once, 0, 0, NULL, "print one sample, with all figures, and end"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "with --once or --replay: print one JSON document"},
        {"jsonl", NULL, ARG_FLAG, &a.jsonl, 0, 0, NULL, "print a line of JSON per sample, as --record writes them"},
        {"ascii", NULL, ARG_FLAG, &a.ascii, 0, 0, NULL, "draw with ASCII (default: unless the locale is UTF-8)"},
        {"color", NULL, ARG_STRING, &a.color, 0, 0, "always|auto|never",
         "colours of the screen; auto: unless NO_COLOR is set (default: auto)"},
    };
    const arg_list args = {
        .command = "monitor",
        .usage = "[OPTIONS]",
        .description =
            "Shows what a server uses while it runs: memory, processor, storage, control group, pressure and "
            "GPU. On a terminal it draws graphs, elsewhere it prints a line per interval. Without --pid, "
            "--name or --url it watches the machine alone.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
    };
    size_t n_positional;
    sw_err err = {0};
    const int status = args_parse(&args, argc, argv, NULL, &n_positional);
    if (status >= 0)
        return status;
    sw_code code = terminal_choose_color(a.color, &err);
    if (code == SW_OK)
        code = check(&a, &err);
    if (code == SW_OK)
        code = a.replay != NULL ? replay(&a, &err) : run(&a, &err);
    return cmd_end("monitor", code, &err);
}
