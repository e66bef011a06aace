/* metrics.c - the definitions of docs/benchmark.md, one function each. */
#include "figures/metrics.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/gaps.h"

/* Records have nanoseconds and -1 for "never"; figures have milliseconds and NAN. */
static double ms_or_nan(int64_t ns)
{
    return ns < 0 ? NAN : (double)ns / 1e6;
}

static double or_zero(double value)
{
    return isnan(value) ? 0 : value;
}

/* a / b, NAN unless both are above 0. */
static double rate(double a, double b)
{
    return a > 0 && b > 0 ? a / b : NAN;
}

/* The server's count is preferred; the number of events is the second choice, and marked.  Never words, never bytes
 * / 4.  A count of zero for an answer with text is no count: some servers send it when they do not count. */
static void count_tokens(const answer_record *a, test_metrics *out)
{
    const bool has_count = a->completion_tokens > 0 || (a->completion_tokens == 0 && a->n_arrivals == 0);
    out->has_token_counts = gaps_have_counts(a);
    out->counted_events = !has_count && !out->has_token_counts;
    out->n_tokens = has_count ? a->completion_tokens : 0;
    for (size_t i = 0; !has_count && i < a->n_arrivals; i++)
        out->n_tokens += out->has_token_counts ? a->arrivals[i].n_tokens : 1;
    const double difference = fabs((double)out->n_tokens - (double)a->n_arrivals);
    out->counts_differ = difference > 0.02 * (double)out->n_tokens;
    out->is_warm = a->cached_tokens > 0;
}

/* Milliseconds to the first text that is not reasoning; NAN if there is none. */
static double first_answer_ms(const answer_record *a)
{
    for (size_t i = 0; i < a->n_arrivals; i++) {
        if (!a->arrivals[i].is_reasoning)
            return ms_or_nan(a->arrivals[i].t_ns);
    }
    return NAN;
}

/* Of a document, no time says when its first token was there. */
static void measure_times(const answer_record *a, bool is_whole, test_metrics *out)
{
    out->ttfb_ms = ms_or_nan(a->headers_ns);
    out->ttfr_ms = is_whole ? NAN : ms_or_nan(a->first_event_ns);
    out->e2e_ms = ms_or_nan(a->end_ns);
    out->ttft_ms = a->n_arrivals > 0 && !is_whole ? ms_or_nan(a->arrivals[0].t_ns) : NAN;
    out->ttft_answer_ms = is_whole ? NAN : first_answer_ms(a);
    out->schedule_delay_ms = (double)-a->scheduled_ns / 1e6;
    out->ttft_from_schedule_ms = out->ttft_ms + out->schedule_delay_ms;
    out->e2e_from_schedule_ms = out->e2e_ms + out->schedule_delay_ms;
    out->queue_ms = a->queue_ms;
    out->overhead_ms = out->e2e_ms - or_zero(a->queue_ms) - a->prompt_ms - a->decode_ms;
}

static void measure_rates(const answer_record *a, test_metrics *out)
{
    const double evaluated = (double)a->prompt_tokens - (a->cached_tokens > 0 ? (double)a->cached_tokens : 0);
    out->prefill_tps = 1000 * rate(evaluated, out->ttft_ms - or_zero(a->queue_ms));
    out->prefill_by_client = isnan(a->queue_ms) || a->cached_tokens < 0;
    out->overall_tps = 1000 * rate((double)out->n_tokens, out->e2e_ms);
    out->server_decode_tps = 1000 * rate((double)out->n_tokens, a->decode_ms);
}

/* ---- decoding ---------------------------------------------------------------------------------------------------- */

const char *metrics_decode_reason(decode_verdict verdict)
{
    static const char *const REASONS[] = {
        [DECODE_MEASURED] = NULL,
        [DECODE_NO_GAP] = "fewer than two events or tokens",
        [DECODE_FEW_EVENTS] = "fewer events than half the tokens",
        [DECODE_FEW_TIMES] = "fewer than 20 different arrival times",
        [DECODE_WHOLE] = "the answer came as one document",
    };
    return REASONS[verdict];
}

/* Tokens before the first visible one (headers of a channel) are sampled, but no decoding time passed for them.  Where
 * the server does not tell how many they are, and it counts more tokens than events came, events are counted: a rate
 * that is too low by the packed ones, and not one that is too high by the hidden ones. */
static void count_decoded(const answer_record *a, const weighted_value *moments, size_t n_moments, test_metrics *out)
{
    int64_t n_later = 0;
    for (size_t i = 1; i < n_moments; i++)
        n_later += (int64_t)moments[i].weight;
    out->n_first = n_moments > 0 ? (int64_t)moments[0].weight : 0;
    const bool has_more = out->n_tokens > (int64_t)a->n_arrivals;
    out->decode_by_events = !out->has_token_counts && (out->counted_events || (has_more && out->counts_differ));
    const bool is_counted = out->has_token_counts || out->counted_events || has_more;
    out->n_decoded = is_counted ? n_later : out->n_tokens - out->n_first;
}

/* The order matters for the reason that a reader sees: packing by the server comes before merging by the network. */
static decode_verdict judge_decode(const answer_record *a, const test_metrics *m, size_t n_moments)
{
    if (a->n_arrivals < 2 || m->n_tokens < 2)
        return DECODE_NO_GAP;
    if (2 * (int64_t)a->n_arrivals < m->n_tokens)
        return DECODE_FEW_EVENTS;
    if (n_moments < METRICS_DECODE_TIMES_MIN)
        return DECODE_FEW_TIMES;
    return m->n_decoded > 0 ? DECODE_MEASURED : DECODE_NO_GAP;
}

/* Returns true if the times say when each token came: a short answer has few times, which is well; a long one whose
 * events were merged by the network has not, nor has one with more tokens than events of unknown sizes. */
static bool has_times(const answer_record *a, const test_metrics *m, size_t n_moments)
{
    const bool is_packed = 2 * (int64_t)a->n_arrivals < m->n_tokens && !m->has_token_counts;
    const bool is_merged = n_moments < METRICS_DECODE_TIMES_MIN && 2 * n_moments < a->n_arrivals;
    return !is_packed && !is_merged;
}

static void measure_decode(const answer_record *a, const weighted_value *moments, size_t n_moments, test_metrics *out)
{
    count_decoded(a, moments, n_moments, out);
    out->decode = judge_decode(a, out, n_moments);
    if (n_moments > 1)
        out->decode_ms = gaps_time_of_part(moments, n_moments, 0, 1);
    if (!has_times(a, out, n_moments))
        return;
    out->tpot_ms = rate(out->decode_ms, (double)out->n_decoded);
    if (out->decode != DECODE_MEASURED)
        return;
    out->decode_tps = 1000 / out->tpot_ms;
    const double quarter = 1000 * (double)out->n_decoded / 4;
    out->first_tps = rate(quarter, gaps_time_of_part(moments, n_moments, 0, 0.25));
    out->last_tps = rate(quarter, gaps_time_of_part(moments, n_moments, 0.75, 1));
    out->pace = rate(out->last_tps, out->first_tps);
}

/* A stall is long for a reader (over a second) and long for this stream (ten times the median time of its tokens); a
 * model that takes two seconds for every token is slow, but does not stall. */
static void find_stalls(const weighted_value *moments, size_t n_moments, test_metrics *out)
{
    double n_prompt = 0;
    for (size_t i = 1; i < n_moments; i++) {
        const double gap = moments[i].value, tokens = (double)moments[i].weight;
        const double typical = out->itl_ms.n > 0 ? out->itl_ms.p50 * tokens : out->chunk_ms.p50;
        n_prompt += gap <= 2 * typical ? tokens : 0;
        if (gap > 1000 && gap > 10 * typical) {
            out->n_stalls++;
            out->stall_ms += gap;
            out->stall_max_ms = fmax(out->stall_max_ms, gap);
        }
    }
    out->responsiveness = out->itl_ms.n > 0 ? n_prompt / (double)out->itl_ms.n : NAN;
}

/* Everything between the first content event and the last.  Each of the lists has n_arrivals places. */
static void measure_stream(const answer_record *a, weighted_value *moments, weighted_value *gaps, double *chunks,
                           test_metrics *out)
{
    const size_t n_moments = gaps_moments(a, moments);
    measure_decode(a, moments, n_moments, out);
    out->chunk_ms = stats_of(chunks, gaps_between_events(a, chunks));
    if (has_times(a, out, n_moments))
        out->itl_ms = stats_of_weighted(gaps, gaps_per_token(a, gaps));
    find_stalls(moments, n_moments, out);
}

static sw_code measure_gaps(const answer_record *a, test_metrics *out, sw_err *err)
{
    const size_t n = a->n_arrivals + 1;
    weighted_value *const moments = mem_calloc(n, sizeof *moments);
    weighted_value *const gaps = mem_calloc(n, sizeof *gaps);
    double *const chunks = mem_calloc(n, sizeof *chunks);
    sw_code code = SW_OK;
    if (moments != NULL && gaps != NULL && chunks != NULL)
        measure_stream(a, moments, gaps, chunks, out);
    else
        code = sw_fail(err, SW_ENOMEM, "out of memory measuring %zu gaps", a->n_arrivals);
    mem_free(moments);
    mem_free(gaps);
    mem_free(chunks);
    return code;
}

sw_code metrics_of(const test_record *test, test_metrics *out, sw_err *err)
{
    const answer_record *const a = &test->answer;
    const bool is_whole = test->mode == MODE_WHOLE;
    const sample_stats none = stats_of(NULL, 0);
    *out = (test_metrics){.decode = DECODE_WHOLE,
                          .decode_ms = NAN,
                          .tpot_ms = NAN,
                          .decode_tps = NAN,
                          .first_tps = NAN,
                          .last_tps = NAN,
                          .pace = NAN,
                          .responsiveness = NAN,
                          .itl_ms = none,
                          .chunk_ms = none};
    count_tokens(a, out);
    measure_times(a, is_whole, out);
    measure_rates(a, out);
    const sw_code code = is_whole ? SW_OK : measure_gaps(a, out, err);
    if (code != SW_OK)
        return code;
    // An answer without text is judged by its reasoning.
    const bool has_text = a->n_text > 0;
    return repetition_of_tokens(has_text ? a->text : a->reasoning, has_text ? a->n_text : a->n_reasoning, a->token_ids,
                                a->n_token_ids, test->plan.form, &out->repetition, err);
}

double metrics_figure(const test_metrics *metrics, size_t offset)
{
    double figure;
    memcpy(&figure, (const char *)metrics + offset, sizeof figure);
    return figure;
}

/* ---- objectives -------------------------------------------------------------------------------------------------- */

bool objectives_are_set(const objectives *slo)
{
    return !isnan(slo->ttft_ms) || !isnan(slo->tpot_ms) || !isnan(slo->itl_p99_ms) || !isnan(slo->e2e_ms);
}

static bool meets(double value, double objective)
{
    return isnan(objective) || value <= objective; // NAN is not at most anything
}

bool objectives_are_met(const objectives *slo, const test_metrics *m)
{
    return meets(m->ttft_from_schedule_ms, slo->ttft_ms) && meets(m->tpot_ms, slo->tpot_ms) &&
           meets(m->itl_ms.p99, slo->itl_p99_ms) && meets(m->e2e_from_schedule_ms, slo->e2e_ms);
}
