/* recommendation_speed.c - rules about what disturbs and what limits the speed. */
#include <math.h>
#include <string.h>

#include "figures/recommendation_rules.h"

static const double EXPERT_SHARE_MIN = 0.3; // of the bytes of a token: fewer, and smaller experts gain little
static const double Q4_0_BITS = 4.5, GIB = 1024.0 * 1024 * 1024;
static const double FASTER_MIN = 1.1; // times: less is not worth the VRAM

/* ---- what disturbs ----------------------------------------------------------------------------------------------- */

bool advise_less_memory(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_SWAP)
        return false;
    SAY(r->change, "serve --kv-type q8_0, or a smaller --ctx-size");
    SAY(r->effect, "keys and values take about half the memory, or as much less as the context is shorter, and the "
                   "server's pages stay in RAM");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

bool advise_cooling(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_THROTTLING)
        return false;
    SAY(r->change, "better cooling, or fewer serve --threads");
    SAY(r->effect, "the processor keeps its frequency through long answers");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

bool advise_idle_machine(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_FOREIGN_LOAD)
        return false;
    SAY(r->change, "end other programs, and measure again");
    SAY(r->effect, "the rates are those of the model; now they are those of what the other programs leave");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}

/* ---- what limits ------------------------------------------------------------------------------------------------- */

/* Bits of a weight by the beginning of the format's name; 0: it is as small as Q4_0, or smaller.  NAN: not known. */
static double bits_of(const char *quantization)
{
    static const struct {
        const char *begin;
        double bits;
    } FORMATS[] = {{"F32", 32}, {"F16", 16}, {"BF16", 16}, {"Q8", 8.5},  {"Q6", 6.5625}, {"Q5", 5.5},
                   {"Q4", 0},   {"Q3", 0},   {"Q2", 0},    {"MXFP4", 0}, {"IQ", 0}};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (strncmp(quantization, FORMATS[i].begin, strlen(FORMATS[i].begin)) == 0)
            return FORMATS[i].bits;
    }
    return NAN;
}

bool advise_smaller_weights(const situation *s, recommendation *r)
{
    const speed_cause *const c = &s->subject->cause;
    const double share = c->token_expert_bytes / c->token_bytes, bits = bits_of(s->subject->subject->quantization);
    if (c->which != BOTTLENECK_BANDWIDTH || !(share >= EXPERT_SHARE_MIN) || bits == 0)
        return false;
    const double left = isnan(bits) ? 0.5 : Q4_0_BITS / bits; // of the experts' bytes
    SAY(r->change, "spillway quantize --experts Q4_0%s",
        isnan(bits) ? ", if the file's experts are larger than that" : "");
    SAY(r->effect, "a token reads fewer bytes: %s, up to %.0f %% more tokens a second",
        isnan(bits) ? "with experts of half the size" : "experts take less", 100 * (1 / (1 - share * (1 - left)) - 1));
    SAY(r->evidence, "%s; %.0f %% of the bytes are of experts", c->why, 100 * share);
    return true;
}

/* The GPU holds what the server without offloading took, and that server was faster. */
bool advise_all_in_vram(const situation *s, recommendation *r)
{
    const memory_figures *const m = &s->subject->memory;
    const double total = run_number(s->run->run, -1, -1, FACT_GPU_TOTAL_BYTES);
    const double with = s->subject->modes[MODE_STREAM].decode_tps;
    const double without = s->subject->modes[MODE_REFERENCE].decode_tps;
    if (m->kind != SAVING_MEASURED || run_is_emulated(s->run->run) || !(m->vram_reference_bytes <= total) ||
        !(without > with * FASTER_MIN))
        return false;
    SAY(r->change, "serve without --cpu-moe, unless the VRAM is needed for something else");
    SAY(r->effect, "%.1f times the decode rate", without / with);
    SAY(r->evidence, "not offloaded: %.3g tok/s with %.1f of %.1f GiB of VRAM; offloaded: %.3g tok/s", without,
        m->vram_reference_bytes / GIB, total / GIB, with);
    return true;
}

bool advise_more_threads(const situation *s, recommendation *r)
{
    const int n_cores = s->run->run->info.n_cores;
    if (s->subject->cause.which != BOTTLENECK_COMPUTE || !(s->n_threads < n_cores))
        return false;
    SAY(r->change, "serve --threads %d", n_cores);
    SAY(r->effect, "up to %.1f times the rate, as far as the memory can follow", n_cores / s->n_threads);
    SAY(r->evidence, "%.0f of %d cores compute; %s", s->n_threads, n_cores, s->subject->cause.why);
    return true;
}

bool advise_fewer_threads(const situation *s, recommendation *r)
{
    const int n_cores = s->run->run->info.n_cores;
    const bool is_here = !isnan(s->subject->cause.server_cpu_share); // else these may be the cores of another machine
    if (!is_here || n_cores <= 0 || !(s->n_threads > n_cores))
        return false;
    SAY(r->change, "serve --threads %d", n_cores);
    SAY(r->effect, "threads no longer wait for a core while the others wait for them");
    SAY(r->evidence, "%.0f threads compute on %d cores", s->n_threads, n_cores);
    return true;
}

bool advise_thread_search(const situation *s, recommendation *r)
{
    if (s->subject->cause.which != BOTTLENECK_OVERHEAD || !(s->n_threads > 1))
        return false;
    SAY(r->change, "fewer serve --threads; spillway perf --threads 1,2,4 shows how many are best");
    SAY(r->effect, "threads of a small model spend less time waiting for each other");
    SAY(r->evidence, "%s", s->subject->cause.why);
    return true;
}
