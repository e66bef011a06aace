/* machine_facts.c - what the machine has before anything runs. */
#include "hosts/machine_facts.h"

#include <math.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/sysinfo.h"
#include "hosts/fact_list.h"
#include "monitor/sample_source.h"
#include "spillway.h"

static const char SOURCE[] = "measured";

enum { DEVICES_BYTES_MAX = 8192 };

/* The best of some passes: a ceiling is what the machine can do, and another process that computes meanwhile only
 * lowers a pass. */
static double read_bandwidth(void)
{
    enum { N_PASSES = 3 };
    sw_bandwidth_probe *const probe = sw_bandwidth_probe_create(sysinfo_n_cores());
    double best = NAN; // memory is short: not known
    for (int i = 0; probe != NULL && i < N_PASSES; i++)
        best = fmax(best, sw_bandwidth_probe_run(probe));
    sw_bandwidth_probe_free(probe);
    return best;
}

/* For this user, which is less than what is free. */
static double free_storage(const char *dir)
{
    struct statvfs st;
    return statvfs(dir, &st) == 0 ? (double)st.f_bavail * (double)st.f_frsize : NAN;
}

/* "0: NVIDIA L4, 24.0 GiB, PCIe 4 x16; 1: ..." */
static void put_devices(fact_list *facts, const gpu *g)
{
    buf text;
    buf_init(&text, DEVICES_BYTES_MAX);
    for (size_t i = 0; i < gpu_n_cards(g); i++) {
        const gpu_card *const c = gpu_card_at(g, i);
        buf_printf(&text, "%s%zu: %s", i > 0 ? "; " : "", i, gpu_card_name(g, i));
        if (c->total_bytes > 0)
            buf_printf(&text, ", %.1f GiB", c->total_bytes / (1 << 30));
        if (c->pcie_generation > 0 && c->pcie_width > 0)
            buf_printf(&text, ", PCIe %.0f x%.0f", c->pcie_generation, c->pcie_width);
    }
    fact_list_text(facts, FACT_GPU_DEVICES, buf_str(&text), SOURCE);
    buf_free(&text);
}

/* Name, driver and memory of the GPU, or why there is none. */
static sw_code put_gpu(fact_list *facts, sw_err *err)
{
    sample_source *source;
    const sw_code code = sample_source_open(&source, &(sample_source_options){0}, err);
    if (code != SW_OK)
        return code;
    const char *const name = sample_source_gpu_name(source);
    fact_list_text(facts, FACT_GPU_NAME, name[0] != '\0' ? name : sample_source_gpu_note(source), SOURCE);
    fact_list_text(facts, FACT_GPU_DRIVER, sample_source_gpu_driver(source), SOURCE);
    put_devices(facts, sample_source_gpus(source));
    fact_list_number(facts, FACT_GPU_TOTAL_BYTES, sample_source_gpu_total_bytes(source), SOURCE);
    sample_source_close(source);
    return SW_OK;
}

sw_code machine_facts_of_run(const char *dir, bool measures_bandwidth, arena *keep, const fact_record **out,
                             size_t *n_out, sw_err *err)
{
    fact_list facts;
    *out = NULL;
    *n_out = 0;
    fact_list_init(&facts, keep);
    fact_list_number(&facts, FACT_AVAILABLE_AT_START, (double)sysinfo_memory_available().bytes, SOURCE);
    fact_list_number(&facts, FACT_FREE_STORAGE_BYTES, free_storage(dir), SOURCE);
    const sw_code code = put_gpu(&facts, err);
    if (code != SW_OK)
        return code;
    if (measures_bandwidth)
        fact_list_number(&facts, FACT_READ_BANDWIDTH, read_bandwidth(), SOURCE);
    if (facts.failed)
        return sw_fail(err, SW_ENOMEM, "out of memory for facts about the machine");
    *out = facts.items;
    *n_out = facts.n;
    return SW_OK;
}
