/* sample_source.c - all that is sampled, one part after the other.
 *
 * The files that change quickly are kept open and read at every call.  What changes slowly, or is many files on a large
 * machine, is read once a second and repeated between: each of these parts at its own moment, so that no call takes
 * much longer than the others.
 */
#include "monitor/sample_source.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "monitor/gpu.h"
#include "monitor/group_files.h"
#include "monitor/machine_files.h"
#include "monitor/page_cache.h"
#include "monitor/process_files.h"
#include "monitor/sensors.h"

enum { N_SLOW = 5 };

static const uint64_t SLOW_NS = 1000000000, APART_NS = SLOW_NS / N_SLOW;

struct sample_source {
    char root[TEXT_FILE_PATH_BYTES];
    const sw_clock *clock;
    process_files process;
    machine_files machine;
    group_files group;
    sensors sensors;
    page_cache cache;
    gpu *gpu;
    sample_values slow; // as last read
    uint64_t due_ns[N_SLOW];
};

sw_code sample_source_open(sample_source **out, const sample_source_options *options, sw_err *err)
{
    const char *const root = options->root != NULL ? options->root : "";
    *out = NULL;
    if (strlen(root) >= TEXT_FILE_PATH_BYTES)
        return sw_fail(err, SW_EINVAL, "the path of the root of /proc is longer than %d bytes", TEXT_FILE_PATH_BYTES);
    sample_source *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for samples");
    snprintf(s->root, sizeof s->root, "%s", root);
    s->clock = clock_or_system(options->clock);
    s->gpu = gpu_open(&(gpu_options){options->pid, s->root, options->nvml_path, s->clock});
    if (s->gpu == NULL) {
        mem_free(s);
        return sw_fail(err, SW_ENOMEM, "out of memory for samples of the GPU");
    }
    s->slow = sample_values_none();
    process_files_open(&s->process, s->root, options->pid);
    machine_files_open(&s->machine, s->root);
    group_files_open(&s->group, s->root, options->pid);
    sensors_open(&s->sensors, s->root);
    page_cache_open(&s->cache, options->model_path);
    *out = s;
    return SW_OK;
}

/* ---- slow figures ------------------------------------------------------------------------------------------------ */

static void read_frequency(sample_source *s)
{
    machine_files_read_frequency(&s->machine, &s->slow);
}

static void read_temperature(sample_source *s)
{
    sensors_read_temperature(&s->sensors, &s->slow);
}

static void read_throttling(sample_source *s)
{
    sensors_read_throttling(&s->sensors, &s->slow);
}

static void read_limit(sample_source *s)
{
    group_files_read_limit(&s->group, &s->slow);
}

static void read_cache(sample_source *s)
{
    s->slow.v[SAMPLE_MODEL_CACHE] = page_cache_read(&s->cache);
}

static void (*const SLOW[N_SLOW])(sample_source *) = {read_frequency, read_temperature, read_throttling, read_limit,
                                                      read_cache};

/* The first call reads all of them. */
static void read_slow(sample_source *s)
{
    const uint64_t now_ns = clock_now_ns(s->clock);
    for (size_t i = 0; i < N_SLOW; i++) {
        const bool is_first = s->due_ns[i] == 0;
        if (!is_first && now_ns < s->due_ns[i])
            continue;
        SLOW[i](s);
        s->due_ns[i] = now_ns + (is_first ? SLOW_NS + i * APART_NS : SLOW_NS);
    }
}

bool sample_source_read(void *source, sample_values *out)
{
    sample_source *const s = source;
    read_slow(s);
    sample_values values = s->slow;
    if (!process_files_read(&s->process, &values))
        return false;
    machine_files_read(&s->machine, &values);
    group_files_read(&s->group, &values);
    gpu_read(s->gpu, &values);
    *out = values;
    return true;
}

const char *sample_source_gpu_name(const sample_source *s)
{
    return gpu_name(s->gpu);
}

const char *sample_source_gpu_driver(const sample_source *s)
{
    return gpu_driver(s->gpu);
}

const gpu *sample_source_gpus(const sample_source *s)
{
    return s->gpu;
}

size_t sample_source_n_gpus(const sample_source *s)
{
    const size_t n = gpu_n_cards(s->gpu);
    return n > 1 ? n : 0;
}

void sample_source_read_gpus(void *source, gpu_values *out)
{
    const sample_source *const s = source;
    for (size_t i = 0; i < sample_source_n_gpus(s); i++)
        out[i] = gpu_card_values(gpu_card_at(s->gpu, i));
}

double sample_source_gpu_total_bytes(const sample_source *s)
{
    return gpu_total_bytes(s->gpu);
}

const char *sample_source_gpu_note(const sample_source *s)
{
    return gpu_note(s->gpu);
}

void sample_source_close(sample_source *s)
{
    if (s == NULL)
        return;
    process_files_close(&s->process);
    machine_files_close(&s->machine);
    group_files_close(&s->group);
    page_cache_close(&s->cache);
    gpu_close(s->gpu);
    mem_free(s);
}
