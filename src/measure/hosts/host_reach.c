/* host_reach.c - a server that runs already: its address, and the process whose memory is its own. */
#include <stdio.h>

#include "base/sysinfo.h"
#include "hosts/host_state.h"
#include "hosts/process_model.h"
#include "monitor/machine.h"

enum { NOTE_BYTES = 256 };

/* The process that the user named, or the one that listens on the port if its program is known to hold a model, or if
 * it maps one: the memory of a proxy would say nothing.  0: none; the note says why. */
static long find_process(const bench_host *h, char note[NOTE_BYTES])
{
    const int port = target_loopback_port(h->target);
    const long pid = port != 0 ? machine_pid_listening_on(port) : 0;
    char program[MACHINE_PROGRAM_BYTES], path[PATH_MAX];
    note[0] = '\0';
    if (h->o.server_pid != 0)
        return h->o.server_pid;
    if (port == 0)
        snprintf(note, NOTE_BYTES, "the server is not on this machine");
    else if (pid == 0)
        snprintf(note, NOTE_BYTES, "the process that listens on port %d is not visible", port);
    else if (!machine_is_model_server(pid, program) && !process_model_mapped(pid, path))
        snprintf(note, NOTE_BYTES,
                 "'%s' (process %ld), which listens on port %d, is not known as a model server and may be a proxy; "
                 "name the server's process with --server-pid",
                 program, pid, port);
    return note[0] == '\0' ? pid : 0;
}

sw_code host_reach(bench_host *h, sw_err *err)
{
    char note[NOTE_BYTES];
    h->url = h->o.url;
    const sw_code code = target_open(&h->target, h->o.url, h->o.api_key, err);
    if (code != SW_OK)
        return code;
    const long pid = find_process(h, note);
    if (h->o.server_pid != 0 && sysinfo_memory_of(pid).rss == 0)
        return sw_fail(err, SW_EINVAL, "--server-pid: the memory of process %ld cannot be read", pid);
    fact_list_text(&h->facts, FACT_WATCH_NOTE, note, "measured");
    if (pid == 0)
        return SW_OK;
    fact_list_number(&h->facts, FACT_PROCESS_ID, (double)pid, "measured");
    return host_watch_process(h, pid, err);
}
