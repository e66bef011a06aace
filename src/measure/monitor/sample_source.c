/* sample_source.c - the memory of a process. */
#include "monitor/sample_source.h"

#include "base/alloc.h"
#include "base/sysinfo.h"

struct sample_source {
    long pid;
};

sw_code sample_source_open(sample_source **out, const sample_source_options *options, sw_err *err)
{
    sample_source *const s = mem_calloc(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for samples");
    s->pid = options->pid;
    return SW_OK;
}

bool sample_source_read(void *source, sample_values *out)
{
    const sample_source *const s = source;
    const process_memory memory = sysinfo_memory_of(s->pid);
    if (memory.rss == 0)
        return false;
    *out = sample_values_none();
    out->v[SAMPLE_PRIVATE] = (double)(memory.anon + memory.swap);
    out->v[SAMPLE_SWAP] = (double)memory.swap;
    out->v[SAMPLE_RSS] = (double)memory.rss;
    out->v[SAMPLE_PEAK_RSS] = (double)memory.peak;
    return true;
}

const char *sample_source_gpu_name(const sample_source *s)
{
    (void)s;
    return "";
}

const char *sample_source_gpu_driver(const sample_source *s)
{
    (void)s;
    return "";
}

const char *sample_source_gpu_note(const sample_source *s)
{
    (void)s;
    return "not looked for";
}

void sample_source_close(sample_source *s)
{
    mem_free(s);
}
