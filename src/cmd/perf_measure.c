/* perf_measure.c - one repetition of a row: probe, work, probe. */
#include "cmd/perf_measure.h"

#include <math.h>

sw_code perf_probes_create(perf_probes *probes, sw_engine *e, sw_err *err)
{
    const int n_threads = sw_engine_get_state(e).n_threads;
    *probes = (perf_probes){0};
    const sw_code code = sw_multiply_probe_create(&probes->multiply, sw_engine_info(e)->quant, n_threads, err);
    if (code != SW_OK)
        return code;
    probes->bandwidth = sw_bandwidth_probe_create(n_threads);
    return probes->bandwidth != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the bandwidth probe");
}

void perf_probes_free(perf_probes *probes)
{
    sw_bandwidth_probe_free(probes->bandwidth);
    sw_multiply_probe_free(probes->multiply);
    *probes = (perf_probes){0};
}

/* Bytes of keys and values read per token, mean over the n_tokens generated after position n_depth. */
static double mean_kv_bytes(const sw_engine *e, int n_depth, int n_tokens)
{
    double sum = 0;
    for (int i = 1; i <= n_tokens; i++)
        sum += (double)sw_engine_kv_bytes_read(e, n_depth + i);
    return sum / n_tokens;
}

bool perf_uses_device(const sw_engine_state *s)
{
    return s->device != NULL && s->weight_bytes_vram > 0;
}

void perf_add_row(perf *p, sw_engine *e, bool is_prompt, int n_tokens)
{
    const sw_model_info *const m = sw_engine_info(e);
    const sw_engine_state s = sw_engine_get_state(e);
    perf_row *const row = &p->rows[p->n_rows++];
    *row = (perf_row){.is_prompt = is_prompt, .n_threads = s.n_threads, .n_tokens = n_tokens, .work = NAN};
    if (!is_prompt)
        row->kv_bytes = mean_kv_bytes(e, p->n_depth, n_tokens);
    if (perf_uses_device(&s))
        return;
    if (is_prompt) // the output head multiplies only for the last token
        row->work = (double)m->multiply_adds_per_token + (double)m->n_embd * m->n_vocab / n_tokens;
    else if (p->n_seqs == 1)
        row->work = (double)m->bytes_per_token + row->kv_bytes;
}

/* What the machine can do now: multiply-adds or bytes per second. */
static double probe_limit(const perf_probes *probes, bool is_prompt)
{
    return is_prompt ? sw_multiply_probe_run(probes->multiply) : sw_bandwidth_probe_run(probes->bandwidth);
}

sw_code perf_repeat(const perf *p, perf_row *row, int i, sw_engine *e, const perf_probes *probes, sw_err *err)
{
    const sw_time_request request = {.n_depth = p->n_depth,
                                     .n_prompt = row->is_prompt ? row->n_tokens : 0,
                                     .n_gen = row->is_prompt ? 0 : row->n_tokens,
                                     .n_seqs = row->is_prompt ? 1 : p->n_seqs};
    uint64_t ns;
    if (probes == NULL)
        return sw_engine_time(e, &request, &ns, err);
    const double before = probe_limit(probes, row->is_prompt);
    const sw_code code = sw_engine_time(e, &request, &ns, err);
    const double after = probe_limit(probes, row->is_prompt);
    row->limit[i] = before > after ? before : after; // other programs can only lower it
    row->rate[i] = ns > 0 ? (double)row->n_tokens * request.n_seqs * 1e9 / (double)ns : 0;
    return code;
}
