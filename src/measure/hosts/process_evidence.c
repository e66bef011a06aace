/* process_evidence.c - private memory, mapped files and GPU memory against the bytes of the file. */
#include "hosts/process_evidence.h"

#include <math.h>

static const double SLACK = 0.05; // of the weights: a process has more than them, and pages that no token has read yet

static double or_zero(double bytes)
{
    return isnan(bytes) ? 0 : bytes;
}

static double in_ram(const sample_values *memory)
{
    return or_zero(memory->v[SAMPLE_PRIVATE]) + or_zero(memory->v[SAMPLE_FILE_RSS]);
}

/* Weights are in one of both: what is not in VRAM must be in RAM, if it is there. */
static experts_place conclude(double ram, double vram, const model_bytes *m)
{
    const double others = m->weights - m->experts, slack = SLACK * m->weights;
    if (vram >= m->weights - or_zero(m->table) - slack)
        return EXPERTS_IN_VRAM;
    if (ram >= m->experts - slack && vram <= others + slack)
        return EXPERTS_IN_RAM;
    return vram > others + slack && ram > slack ? EXPERTS_MIXED : EXPERTS_NOT_KNOWN;
}

experts_place process_evidence_place(const sample_values *memory, const model_bytes *m, buf *evidence)
{
    const double ram = in_ram(memory), vram = or_zero(memory->v[SAMPLE_GPU_PROCESS]);
    if (ram == 0) {
        buf_puts(evidence, "the memory of its process is not known");
        return EXPERTS_NOT_KNOWN;
    }
    buf_printf(evidence,
               "the memory of its process, so not certain: %.3f GB in RAM (%.3f GB private, %.3f GB of mapped files), ",
               ram / 1e9, or_zero(memory->v[SAMPLE_PRIVATE]) / 1e9, or_zero(memory->v[SAMPLE_FILE_RSS]) / 1e9);
    if (isnan(memory->v[SAMPLE_GPU_PROCESS]))
        buf_puts(evidence, "no GPU memory is seen");
    else
        buf_printf(evidence, "%.3f GB of GPU memory", vram / 1e9);
    if (isnan(m->weights) || !(m->experts > 0)) {
        buf_puts(evidence, "; the bytes of the experts are not known");
        return EXPERTS_NOT_KNOWN;
    }
    buf_printf(evidence, "; the file has %.3f GB of experts and %.3f GB of others", m->experts / 1e9,
               (m->weights - m->experts) / 1e9);
    return conclude(ram, vram, m);
}

sw_code process_evidence_rows(const sample_values *memory, arena *keep, placement_row **out, size_t *n_out, sw_err *err)
{
    const double ram = in_ram(memory), vram = or_zero(memory->v[SAMPLE_GPU_PROCESS]);
    *n_out = 0;
    *out = arena_alloc(keep, 2 * sizeof **out);
    if (*out == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the placement of a model");
    const placement_row row = {.server = -1, .tensor_class = "all", .requested = "", .source = "process"};
    if (ram > 0) {
        (*out)[*n_out] = row;
        (*out)[*n_out].tier = "ram";
        (*out)[(*n_out)++].bytes = (uint64_t)ram;
    }
    if (vram > 0) {
        (*out)[*n_out] = row;
        (*out)[*n_out].tier = "vram";
        (*out)[(*n_out)++].bytes = (uint64_t)vram;
    }
    return SW_OK;
}
