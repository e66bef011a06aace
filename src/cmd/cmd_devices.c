/* cmd_devices.c - `spillway devices`: the GPUs that an engine can use here, and why another cannot be used. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/json_print.h"
#include "cmd/json_text.h"
#include "monitor/gpu.h"
#include "report/format.h"
#include "spillway.h"
#include "json/json_out.h"

/* What is known: by the CUDA driver, and the driver's own version by NVML, "" if it does not tell. */
typedef struct found {
    sw_device_list list;
    char driver[GPU_TEXT_BYTES];
} found;

static void look(found *f)
{
    sw_devices(&f->list);
    gpu *const g = f->list.cuda_version > 0 ? gpu_open(&(gpu_options){.root = "", .clock = clock_system()}) : NULL;
    snprintf(f->driver, sizeof f->driver, "%s", g != NULL ? gpu_driver(g) : "");
    gpu_close(g);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void print_device(const sw_device_info *d)
{
    char total[CELL_BYTES], free_bytes[CELL_BYTES];
    format_bytes(total, (double)d->total_bytes);
    format_bytes(free_bytes, (double)d->free_bytes);
    printf("%-8s ", d->name);
    cmd_print_safe(stdout, d->model[0] != '\0' ? d->model : "unknown");
    if (d->why[0] == '\0') {
        printf(": %s, %s free; compute capability %d.%d, %d multiprocessors\n", total, free_bytes, d->capability / 10,
               d->capability % 10, d->n_processors);
        return;
    }
    printf(": cannot be used: ");
    cmd_print_safe(stdout, d->why);
    putchar('\n');
}

static void print_text(const found *f)
{
    const sw_device_list *const l = &f->list;
    for (size_t i = 0; i < l->n; i++)
        print_device(&l->devices[i]);
    if (l->why[0] != '\0') {
        printf("%s", l->n == 0 ? "no GPU: " : "");
        cmd_print_safe(stdout, l->why);
        putchar('\n');
    }
    if (l->cuda_version == 0)
        return;
    printf("driver   ");
    cmd_print_safe(stdout, f->driver[0] != '\0' ? f->driver : "of a version that NVML does not tell");
    printf(", CUDA %d.%d\n", l->cuda_version / 1000, l->cuda_version % 1000 / 10);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *device_json(const sw_device_info *d)
{
    json_t *json =
        json_pack("{s:s, s:o, s:b}", "name", d->name, "model", json_text(d->model), "usable", d->why[0] == '\0');
    if (d->why[0] != '\0') {
        json_put(&json, "reason", json_text(d->why));
        return json;
    }
    json_put(&json, "total_bytes", json_integer((json_int_t)d->total_bytes));
    json_put(&json, "free_bytes", json_integer((json_int_t)d->free_bytes));
    json_put(&json, "capability", json_sprintf("%d.%d", d->capability / 10, d->capability % 10));
    json_put(&json, "processors", json_integer(d->n_processors));
    return json;
}

/* What is not known is left out. */
static bool print_json(const found *f)
{
    const sw_device_list *const l = &f->list;
    json_t *root = json_object(), *devices = json_array();
    for (size_t i = 0; i < l->n; i++)
        json_push(&devices, device_json(&l->devices[i]));
    json_put(&root, "devices", devices);
    if (f->driver[0] != '\0')
        json_put(&root, "driver", json_text(f->driver));
    if (l->cuda_version > 0)
        json_put(&root, "cuda", json_sprintf("%d.%d", l->cuda_version / 1000, l->cuda_version % 1000 / 10));
    if (l->why[0] != '\0')
        json_put(&root, "reason", json_text(l->why));
    const bool ok = json_print(root, JSON_INDENT(2));
    json_decref(root);
    return ok;
}

int cmd_devices(int argc, char **argv)
{
    bool as_json = false;
    const arg_row rows[] = {
        {"json", NULL, ARG_FLAG, &as_json, 0, 0, NULL, "print one JSON document"},
    };
    const arg_list args = {
        .command = "devices",
        .usage = "[OPTIONS]",
        .description = "Lists the GPUs of this machine as --devices takes them: model, memory, compute capability, "
                       "driver; for a GPU that this build cannot use the reason, and where there is none, why.  The "
                       "exit code is 0 in all these cases.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
    };
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, NULL, &n_positional);
    if (status >= 0)
        return status;
    found *const f = mem_calloc(1, sizeof *f);
    if (f == NULL)
        return cmd_fail("devices", &(sw_err){.code = SW_ENOMEM, .msg = "out of memory for a list of devices"});
    look(f);
    bool ok = true;
    if (as_json)
        ok = print_json(f);
    else
        print_text(f);
    mem_free(f);
    return ok ? CMD_EXIT_OK : CMD_EXIT_FAILURE;
}
