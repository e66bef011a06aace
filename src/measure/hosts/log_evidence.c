/* log_evidence.c - lines of llama.cpp's loader. */
#include "hosts/log_evidence.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512, WORD_BYTES = 64 };

static const double SLACK = 0.02; // buffers are padded, and small tensors are counted elsewhere

/* ---- words ------------------------------------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_host_memory(const char *device)
{
    static const char HOST[] = "_Host"; // memory of the machine that a GPU reads
    const size_t n = strlen(device);
    return begins_with(device, "CPU") || begins_with(device, "AMX") || begins_with(device, "BLAS") ||
           (n > 5 && strcmp(device + n - 5, HOST) == 0);
}

static bool is_gpu(const char *device)
{
    static const char *const PREFIXES[] = {"CUDA",  "ROCm", "HIP",  "Vulkan", "SYCL",
                                           "Metal", "MTL",  "CANN", "MUSA",   "OpenCL"};
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++) {
        if (begins_with(device, PREFIXES[i]))
            return !is_host_memory(device);
    }
    return false;
}

/* Copies the word that ends at *end, and moves *end before it. */
static void word_before(const char *line, size_t *end, char out[WORD_BYTES])
{
    size_t stop = *end;
    while (stop > 0 && line[stop - 1] == ' ')
        stop--;
    size_t start = stop;
    while (start > 0 && line[start - 1] != ' ')
        start--;
    snprintf(out, WORD_BYTES, "%.*s", (int)(stop - start), line + start);
    *end = start;
}

static void word_after(const char *text, char out[WORD_BYTES])
{
    text += strspn(text, " ");
    snprintf(out, WORD_BYTES, "%.*s", (int)strcspn(text, " "), text);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* " =  3647.87 MiB" in bytes; NAN: it is something else. */
static double size_of(const char *text)
{
    static const struct {
        const char *name;
        double bytes;
    } UNITS[] = {{"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"MB", 1048576}};
    char *end;
    text += strspn(text, " =");
    const double number = strtod(text, &end);
    end += strspn(end, " ");
    for (size_t i = 0; end != text && i < sizeof UNITS / sizeof *UNITS; i++) {
        if (begins_with(end, UNITS[i].name) && number >= 0 && number < 1e9)
            return number * UNITS[i].bytes;
    }
    return NAN;
}

/* "... CUDA0 KV buffer size = 12.00 MiB"; without a word between, the buffer is the model's. */
static void read_buffer(log_sums *sums, const char *line, const char *found)
{
    static const char *const KINDS[] = {"model", "KV", "compute", "output", "RS"};
    static const log_buffer BUFFERS[] = {LOG_MODEL, LOG_KV, LOG_COMPUTE, LOG_COMPUTE, LOG_KV};
    char word[WORD_BYTES];
    log_buffer buffer = LOG_MODEL;
    size_t end = (size_t)(found - line);
    const double bytes = size_of(found + strlen("buffer size"));
    word_before(line, &end, word);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (strcmp(word, KINDS[i]) == 0) {
            buffer = BUFFERS[i];
            word_before(line, &end, word);
            break;
        }
    }
    if (isnan(bytes) || (!is_gpu(word) && !is_host_memory(word)))
        return;
    *(is_gpu(word) ? &sums->vram[buffer] : &sums->ram[buffer]) += bytes;
    sums->n_lines++;
}

/* "tensor blk.3.ffn_up_exps.weight buffer type overridden to CPU" */
static void read_override(log_sums *sums, const char *line, const char *found)
{
    char device[WORD_BYTES];
    const char *const experts = strstr(line, "_exps");
    word_after(found + strlen("overridden to"), device);
    if (experts == NULL || experts > found || (!is_gpu(device) && !is_host_memory(device)))
        return;
    sums->n_experts_to_vram += is_gpu(device);
    sums->n_experts_to_ram += !is_gpu(device);
    sums->n_lines++;
}

static void read_line(log_sums *sums, const char *line)
{
    const char *found;
    if (strstr(line, "loaded meta data with") != NULL)
        *sums = (log_sums){0}; // another model, or the same one again
    else if ((found = strstr(line, "buffer size")) != NULL)
        read_buffer(sums, line, found);
    else if ((found = strstr(line, "overridden to")) != NULL)
        read_override(sums, line, found);
}

log_sums log_evidence_read(const char *log, size_t n)
{
    log_sums sums = {0};
    for (size_t at = 0; at < n;) {
        char line[LINE_BYTES];
        const char *const newline = memchr(log + at, '\n', n - at);
        const size_t length = newline != NULL ? (size_t)(newline - log) - at : n - at;
        const size_t kept = length < sizeof line - 1 ? length : sizeof line - 1;
        memcpy(line, log + at, kept);
        line[kept] = '\0';
        read_line(&sums, line);
        at += length + 1;
    }
    return sums;
}

/* ---- what follows ------------------------------------------------------------------------------------------------ */

static double gb(double bytes)
{
    return bytes / 1e9;
}

/* Nothing but experts is missing in VRAM: an option moved them, or the others are there. */
static bool has_others_alone(const log_sums *sums, const model_bytes *m)
{
    const double vram = sums->vram[LOG_MODEL], others = m->weights - m->experts;
    const bool is_moved = sums->n_experts_to_ram > 0 && sums->n_experts_to_vram == 0;
    return vram <= others + SLACK * m->weights && (is_moved || vram >= others / 2);
}

/* Sizes in RAM say little: of a mapped file they span everything between two tensors. */
experts_place log_evidence_place(const log_sums *sums, const model_bytes *m, buf *evidence)
{
    const double ram = sums->ram[LOG_MODEL], vram = sums->vram[LOG_MODEL];
    if (ram + vram == 0) {
        buf_puts(evidence, "its log has no sizes of buffers");
        return EXPERTS_NOT_KNOWN;
    }
    buf_printf(evidence, "its log, so not certain: %.3f GB of weights in RAM, %.3f GB in VRAM", gb(ram), gb(vram));
    if (sums->n_experts_to_ram + sums->n_experts_to_vram > 0)
        buf_printf(evidence, "; options put %d tensors of experts into RAM, %d into VRAM", sums->n_experts_to_ram,
                   sums->n_experts_to_vram);
    if (vram == 0)
        return EXPERTS_IN_RAM;
    if (isnan(m->weights) || !(m->experts > 0)) {
        buf_puts(evidence, "; the bytes of the experts are not known");
        return EXPERTS_NOT_KNOWN;
    }
    buf_printf(evidence, "; the file has %.3f GB of experts and %.3f GB of others", gb(m->experts),
               gb(m->weights - m->experts));
    if (has_others_alone(sums, m))
        return EXPERTS_IN_RAM;
    if (vram <= m->weights - m->experts)
        return EXPERTS_NOT_KNOWN; // a few layers
    return vram >= m->weights - fmax(m->table, 0) - SLACK * m->weights ? EXPERTS_IN_VRAM : EXPERTS_MIXED;
}

sw_code log_evidence_rows(const log_sums *sums, arena *keep, placement_row **out, size_t *n_out, sw_err *err)
{
    static const char *const CLASSES[] = {[LOG_MODEL] = "weights", [LOG_KV] = "kv", [LOG_COMPUTE] = "buffers"};
    *n_out = 0;
    *out = arena_alloc(keep, 2 * N_LOG_BUFFERS * sizeof **out);
    if (*out == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the placement of a model");
    for (int i = 0; i < 2 * N_LOG_BUFFERS; i++) {
        const bool is_vram = i >= N_LOG_BUFFERS;
        const double bytes = is_vram ? sums->vram[i - N_LOG_BUFFERS] : sums->ram[i];
        if (bytes > 0)
            (*out)[(*n_out)++] = (placement_row){.server = -1,
                                                 .tier = is_vram ? "vram" : "ram",
                                                 .tensor_class = CLASSES[i % N_LOG_BUFFERS],
                                                 .bytes = (uint64_t)bytes,
                                                 .requested = "",
                                                 .source = "log"};
    }
    return SW_OK;
}
