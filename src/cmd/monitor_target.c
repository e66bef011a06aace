/* monitor_target.c - finds processes and files by what a user calls them. */
#include "cmd/monitor_target.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "client/address.h"
#include "cmd/args.h"
#include "cmd/cmd_error.h"
#include "cmd/model_names.h"
#include "monitor/machine.h"
#include "monitor/page_cache.h"

enum { NAMED_MAX = 16, LIST_BYTES_MAX = 1024 };

/* Several processes of one name are listed: which of them is meant, only the user knows. */
static sw_code find_named(const char *name, long *pid_out, sw_err *err)
{
    long pids[NAMED_MAX];
    const size_t n = machine_pids_named(name, pids, NAMED_MAX);
    if (n == 1) {
        *pid_out = pids[0];
        return SW_OK;
    }
    if (n == 0)
        return sw_fail(err, SW_ENOTFOUND, "no process runs a program '%s'; --pid names a process by its number", name);
    buf list;
    buf_init(&list, LIST_BYTES_MAX);
    for (size_t i = 0; i < n && i < NAMED_MAX; i++)
        buf_printf(&list, "%s%ld", i > 0 ? ", " : "", pids[i]);
    const sw_code code = sw_fail(err, SW_EINVAL, "%zu processes run '%.40s': %s%s; name one of them with --pid", n,
                                 name, buf_str(&list), n > NAMED_MAX ? ", ..." : "");
    buf_free(&list);
    return code;
}

static sw_code find_listening(const char *url, long *pid_out, sw_err *err)
{
    char *base;
    int port;
    sw_code code = address_read(url, &base, &port, err);
    if (code != SW_OK)
        return code;
    mem_free(base);
    if (port == 0)
        return sw_fail(err, SW_EINVAL, "the server of --url %s is not on this machine, so its process cannot be read",
                       url);
    *pid_out = machine_pid_listening_on(port);
    if (*pid_out == 0)
        return sw_fail(err, SW_ENOTFOUND, "no process that this user can see listens on port %d; --pid names one",
                       port);
    return SW_OK;
}

/* The process that listens on a port need not be the one that holds the model. */
static void note_proxy(long pid)
{
    char program[MACHINE_PROGRAM_BYTES];
    if (machine_is_model_server(pid, program))
        return;
    fputs("spillway monitor: note: '", stderr);
    cmd_print_safe(stderr, program);
    fprintf(stderr, "' (process %ld) is not known as a model server and may be a proxy; --pid names another\n", pid);
}

sw_code monitor_target_find(const monitor_target *t, long *pid_out, sw_err *err)
{
    *pid_out = t->pid;
    if ((t->pid != 0) + (t->name != NULL) + (t->url != NULL) > 1)
        return sw_fail(err, SW_EINVAL, "--pid, --name and --url exclude each other: each names the process to watch");
    if (t->name != NULL)
        return find_named(t->name, pid_out, err);
    const sw_code code = t->url != NULL ? find_listening(t->url, pid_out, err) : SW_OK;
    if (t->url != NULL && code == SW_OK)
        note_proxy(*pid_out);
    return code;
}

sw_code monitor_target_model(const char *model, char path[MONITOR_PATH_BYTES], sw_err *err)
{
    path[0] = '\0';
    if (model == NULL)
        return SW_OK;
    const sw_code code = model_names_find(model, args_model_dirs(), path, MONITOR_PATH_BYTES, err);
    if (code != SW_OK)
        return code;
    page_cache cache;
    page_cache_open(&cache, path);
    if (cache.map == NULL) {
        fputs("spillway monitor: note: the page cache of ", stderr);
        cmd_print_safe(stderr, path);
        fputs(" is not known: it must be a file that this user owns or may write\n", stderr);
    }
    page_cache_close(&cache);
    return SW_OK;
}
