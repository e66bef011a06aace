/* group_files.c - which version of control groups has what. */
#include "monitor/group_files.h"

#include <string.h>

#include "monitor/proc_text.h"

enum { NUMBER_BYTES = 64, EVENTS_BYTES = 1024, PRESSURE_BYTES = 512 };

static const char *const PRESSURES[N_PRESSURES] = {"cpu", "memory", "io"};

/* Groups of version 2 may exist without counting memory, beside version 1, which then does. */
static void open_memory(group_files *g, const char *root, long pid)
{
    static const struct {
        bool is_v2;
        const char *usage, *events;
    } VERSIONS[] = {{true, "memory.current", "memory.events"}, {false, "memory.usage_in_bytes", "memory.oom_control"}};
    for (size_t i = 0; i < 2 && pid != 0 && g->usage.fd < 0; i++) {
        g->has_place = cgroup_place_of(root, pid, VERSIONS[i].is_v2, &g->place);
        if (!g->has_place)
            continue;
        g->usage = text_file_open(g->place.folder, "/%s", VERSIONS[i].usage);
        g->events = text_file_open(g->place.folder, "/%s", VERSIONS[i].events);
    }
}

void group_files_open(group_files *g, const char *root, long pid)
{
    memset(g, 0, sizeof *g);
    g->usage.fd = g->events.fd = -1;
    cgroup_place unified;
    const bool has_unified = pid != 0 && cgroup_place_of(root, pid, /*is_v2=*/true, &unified);
    for (int i = 0; i < N_PRESSURES; i++) {
        g->pressure[i] = has_unified ? text_file_open(unified.folder, "/%s.pressure", PRESSURES[i]) : (text_file){-1};
        if (g->pressure[i].fd < 0)
            g->pressure[i] = text_file_open(root, "/proc/pressure/%s", PRESSURES[i]);
    }
    open_memory(g, root, pid);
}

static double pressure_of(const text_file *f)
{
    char text[PRESSURE_BYTES];
    text_file_read(f, text, sizeof text);
    return proc_pressure(text);
}

void group_files_read(const group_files *g, sample_values *out)
{
    char usage[NUMBER_BYTES], events[EVENTS_BYTES];
    text_file_read(&g->usage, usage, sizeof usage);
    text_file_read(&g->events, events, sizeof events);
    out->v[SAMPLE_CGROUP] = proc_count(usage);
    out->v[SAMPLE_CGROUP_OOM] = proc_field(events, "oom_kill");
    out->v[SAMPLE_PSI_CPU] = pressure_of(&g->pressure[0]);
    out->v[SAMPLE_PSI_MEMORY] = pressure_of(&g->pressure[1]);
    out->v[SAMPLE_PSI_IO] = pressure_of(&g->pressure[2]);
}

void group_files_read_limit(const group_files *g, sample_values *out)
{
    const uint64_t limit = g->has_place ? cgroup_limit(&g->place) : UINT64_MAX;
    if (limit != UINT64_MAX)
        out->v[SAMPLE_CGROUP_LIMIT] = (double)limit;
}

void group_files_close(group_files *g)
{
    text_file_close(&g->usage);
    text_file_close(&g->events);
    for (int i = 0; i < N_PRESSURES; i++)
        text_file_close(&g->pressure[i]);
}
