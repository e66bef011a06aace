/* metrics.c - the definitions of docs/benchmark.md, one function each. */
#include "figures/metrics.h"

#include <math.h>

#include "base/alloc.h"

/* Records have nanoseconds and -1 for "never"; figures have milliseconds and NAN. */
static double ms_or_nan(int64_t ns)
{
    return ns < 0 ? NAN : (double)ns / 1e6;
}

/* The server's count is preferred; the number of events is the second choice, and marked.  Never words, never bytes
 * / 4.  A count of zero for an answer with text is no count: some servers send it when they do not count. */
static void count_tokens(const answer_record *a, test_metrics *out)
{
    out->counted_events = a->completion_tokens < 0 || (a->completion_tokens == 0 && a->n_arrivals > 0);
    out->n_tokens = out->counted_events ? (int64_t)a->n_arrivals : a->completion_tokens;
    const double difference = fabs((double)out->n_tokens - (double)a->n_arrivals);
    out->counts_differ = difference > 0.02 * (double)out->n_tokens;
}

/* A stall is long for a reader (over a second) and long for this stream (ten times its median gap); a model that takes
 * two seconds for every token is slow, but does not stall. */
static void find_stalls(const double *gaps, size_t n, test_metrics *out)
{
    const double limit_ms = fmax(1000, 10 * out->itl_ms.p50);
    size_t n_prompt = 0;
    for (size_t i = 0; i < n; i++) {
        out->n_stalls += gaps[i] > limit_ms;
        n_prompt += gaps[i] <= 2 * out->itl_ms.p50;
    }
    out->stall_max_ms = out->n_stalls > 0 ? out->itl_ms.max : 0;
    out->responsiveness = n > 0 ? (double)n_prompt / (double)n : NAN;
}

/* In order of arrival; 0 between events of one network read. */
size_t metrics_gaps_ms(const answer_record *a, double *gaps)
{
    for (size_t i = 1; i < a->n_arrivals; i++)
        gaps[i - 1] = (double)(a->arrivals[i].t_ns - a->arrivals[i - 1].t_ns) / 1e6;
    return a->n_arrivals > 1 ? a->n_arrivals - 1 : 0;
}

/* Gaps in milliseconds between neighbouring events, and what is derived from their distribution. */
static sw_code measure_gaps(const answer_record *a, test_metrics *out, sw_err *err)
{
    double *const gaps = mem_calloc(a->n_arrivals + 1, sizeof *gaps);
    if (gaps == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory measuring %zu gaps", a->n_arrivals);
    const size_t n = metrics_gaps_ms(a, gaps);
    out->itl_ms = stats_of(gaps, n);
    find_stalls(gaps, n, out);
    mem_free(gaps);
    return SW_OK;
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

const char *metrics_decode_reason(decode_verdict verdict)
{
    static const char *const REASONS[] = {
        [DECODE_MEASURED] = NULL,
        [DECODE_NO_GAP] = "fewer than two events or tokens",
        [DECODE_FEW_EVENTS] = "fewer events than half the tokens",
        [DECODE_FEW_TIMES] = "fewer than 20 different arrival times",
    };
    return REASONS[verdict];
}

/* Arrival times ascend, so equal ones are neighbours. */
static size_t n_distinct_times(const answer_record *a)
{
    size_t n = a->n_arrivals > 0;
    for (size_t i = 1; i < a->n_arrivals; i++)
        n += a->arrivals[i].t_ns != a->arrivals[i - 1].t_ns;
    return n;
}

/* The order matters for the reason that a reader sees: packing by the server comes before merging by the network. */
static decode_verdict judge_decode(const answer_record *a, const test_metrics *m)
{
    if (isnan(m->tpot_ms))
        return DECODE_NO_GAP;
    if (2 * (int64_t)a->n_arrivals < m->n_tokens)
        return DECODE_FEW_EVENTS;
    return n_distinct_times(a) < METRICS_DECODE_TIMES_MIN ? DECODE_FEW_TIMES : DECODE_MEASURED;
}

/* The first event counts as one token: no server says how many it has.  The other tokens share the time after it. */
static void measure_decode(const answer_record *a, test_metrics *out)
{
    const bool has_span = a->n_arrivals > 1 && out->n_tokens > 1;
    out->decode_ms = has_span ? (double)(a->arrivals[a->n_arrivals - 1].t_ns - a->arrivals[0].t_ns) / 1e6 : NAN;
    out->tpot_ms = has_span ? out->decode_ms / (double)(out->n_tokens - 1) : NAN;
    out->decode = judge_decode(a, out);
    out->decode_tps = out->decode == DECODE_MEASURED ? 1000 / out->tpot_ms : NAN;
}

sw_code metrics_of(const test_record *test, test_metrics *out, sw_err *err)
{
    const answer_record *const a = &test->answer;
    *out = (test_metrics){0};
    count_tokens(a, out);
    out->ttfb_ms = ms_or_nan(a->headers_ns);
    out->ttfr_ms = ms_or_nan(a->first_event_ns);
    out->e2e_ms = ms_or_nan(a->end_ns);
    out->ttft_ms = a->n_arrivals > 0 ? ms_or_nan(a->arrivals[0].t_ns) : NAN;
    out->ttft_answer_ms = first_answer_ms(a);
    measure_decode(a, out);
    out->overall_tps = out->e2e_ms > 0 ? 1000 * (double)out->n_tokens / out->e2e_ms : NAN;
    const sw_code code = measure_gaps(a, out, err);
    if (code != SW_OK)
        return code;
    // An answer without text is judged by its reasoning.
    const bool has_text = a->n_text > 0;
    return repetition_of(has_text ? a->text : a->reasoning, has_text ? a->n_text : a->n_reasoning, test->plan.form,
                         &out->repetition, err);
}
