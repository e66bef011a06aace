/* expert_log.c - adds the choices of steps to sums and trace.
 *
 * Sums are kept since the mark, and those before it apart: the mark adds the first to the second, so that a token is
 * counted once.
 */
#include "engine/expert_log.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/expert_trace.h"

/* Where the choice of the token before is. */
typedef enum predecessor {
    PREDECESSOR_UNKNOWN = 0, // the sequence begins, or continues from positions that an older job evaluated
    PREDECESSOR_IN_STEP,     // the token before in the batch
    PREDECESSOR_KEPT,        // in log_seq.chosen
} predecessor;

typedef struct log_seq {
    expert_owner owner;
    int32_t last; // position of the last token; -1: none
    int *chosen;  // (n_layers, n_used): its choice
} log_seq;

struct expert_log {
    expert_log_options o;
    // The engine's thread's own.
    log_seq *seqs;             // (n_seqs)
    int *kept;                 // (n_seqs, n_layers, n_used): of all seqs
    predecessor *predecessors; // (n_batch): of the step's tokens

    pthread_mutex_t lock; // of what follows
    sw_expert_use *before_mark, *since_mark;
    expert_trace *trace; // or NULL
};

/* ---- life ------------------------------------------------------------------------------------------------------- */

static size_t choice_size(const expert_dims *d)
{
    return (size_t)d->n_layers * (size_t)d->n_used;
}

static bool allocate(expert_log *log)
{
    const expert_log_options *const o = &log->o;
    const size_t n_seqs = (size_t)o->n_seqs;
    log->seqs = mem_calloc(n_seqs, sizeof *log->seqs);
    log->kept = mem_calloc(n_seqs * choice_size(&o->dims), sizeof *log->kept);
    log->predecessors = mem_calloc(o->n_batch, sizeof *log->predecessors);
    log->before_mark = expert_tally_create(&o->dims, /*with_pairs=*/true);
    log->since_mark = expert_tally_create(&o->dims, /*with_pairs=*/true);
    log->trace = o->n_trace_rows > 0 ? expert_trace_create(o->n_trace_rows, o->dims.n_used) : NULL;
    return log->seqs != NULL && log->kept != NULL && log->predecessors != NULL && log->before_mark != NULL &&
           log->since_mark != NULL && (log->trace != NULL || o->n_trace_rows == 0);
}

expert_log *expert_log_create(const expert_log_options *o)
{
    expert_log *const log = mem_calloc(1, sizeof *log);
    if (log == NULL)
        return NULL;
    log->o = *o;
    pthread_mutex_init(&log->lock, NULL);
    if (!allocate(log)) {
        expert_log_free(log);
        return NULL;
    }
    for (int s = 0; s < o->n_seqs; s++)
        log->seqs[s] = (log_seq){.last = -1, .chosen = log->kept + (size_t)s * choice_size(&o->dims)};
    log->before_mark->since_ns = log->since_mark->since_ns = clock_now_ns(o->clock);
    return log;
}

void expert_log_free(expert_log *log)
{
    if (log == NULL)
        return;
    pthread_mutex_destroy(&log->lock);
    expert_trace_free(log->trace);
    mem_free(log->since_mark);
    mem_free(log->before_mark);
    mem_free(log->predecessors);
    mem_free(log->kept);
    mem_free(log->seqs);
    mem_free(log);
}

size_t expert_log_bytes(const expert_log *log)
{
    if (log == NULL)
        return 0;
    const expert_log_options *const o = &log->o;
    const size_t n_seqs = (size_t)o->n_seqs;
    const size_t trace = o->n_trace_rows > 0 ? expert_trace_bytes(o->n_trace_rows, o->dims.n_used) : 0;
    return sizeof(expert_log) + n_seqs * (sizeof(log_seq) + choice_size(&o->dims) * sizeof(int)) +
           o->n_batch * sizeof(predecessor) + 3 * expert_tally_bytes(&o->dims, /*with_pairs=*/true) + trace;
}

const expert_dims *expert_log_dims(const expert_log *log)
{
    return &log->o.dims;
}

/* ---- a step ----------------------------------------------------------------------------------------------------- */

void expert_log_begin(expert_log *log, int32_t seq, const expert_owner *owner)
{
    log->seqs[seq].owner = *owner;
}

/* A sequence that was cut back continues below its last position, which shows that what is kept is not of the token
 * before. */
static void find_predecessors(expert_log *log, const expert_step *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const batch_token *const t = &s->tokens[i];
        const bool is_first = i == 0 || s->tokens[i - 1].seq != t->seq;
        const bool is_kept = t->pos > 0 && log->seqs[t->seq].last == t->pos - 1;
        log->predecessors[i] = !is_first ? PREDECESSOR_IN_STEP : is_kept ? PREDECESSOR_KEPT : PREDECESSOR_UNKNOWN;
    }
}

static size_t index_of(const expert_log *log, const expert_step *s, size_t row, size_t token)
{
    return row * s->stride + token * (size_t)log->o.dims.n_used;
}

/* The choice of the token before token i, or NULL. */
static const int *choice_before(const expert_log *log, const expert_step *s, size_t row, size_t i)
{
    switch (log->predecessors[i]) {
    case PREDECESSOR_UNKNOWN: return NULL;
    case PREDECESSOR_IN_STEP: return s->chosen + index_of(log, s, row, i - 1);
    case PREDECESSOR_KEPT: return log->seqs[s->tokens[i].seq].chosen + row * (size_t)log->o.dims.n_used;
    }
    return NULL;
}

/* Adds the step's tokens [begin, end) to sums. */
static void tally(const expert_log *log, const expert_step *s, size_t begin, size_t end, sw_expert_use *sums)
{
    for (size_t row = 0; row < (size_t)log->o.dims.n_layers; row++) {
        for (size_t i = begin; i < end; i++)
            expert_tally_add(sums, row, s->chosen + index_of(log, s, row, i), choice_before(log, s, row, i));
    }
    for (size_t i = begin; i < end; i++)
        sums->n_followers += log->predecessors[i] != PREDECESSOR_UNKNOWN;
    sums->n_tokens += end - begin;
}

/* Adds one sequence's tokens [begin, end) to the sums of its job, and keeps the last one's choice. */
static void finish_sequence(expert_log *log, const expert_step *s, size_t begin, size_t end)
{
    log_seq *const q = &log->seqs[s->tokens[begin].seq];
    size_t middle = begin;
    while (middle < end && s->tokens[middle].pos < q->owner.n_prompt)
        middle++;
    if (q->owner.prompt != NULL && middle > begin)
        tally(log, s, begin, middle, q->owner.prompt);
    if (q->owner.generated != NULL && end > middle)
        tally(log, s, middle, end, q->owner.generated);
    const size_t n_used = (size_t)log->o.dims.n_used;
    for (size_t row = 0; row < (size_t)log->o.dims.n_layers; row++)
        memcpy(q->chosen + row * n_used, s->chosen + index_of(log, s, row, end - 1), n_used * sizeof *q->chosen);
    q->last = s->tokens[end - 1].pos;
}

static void add_to_trace(expert_log *log, const expert_step *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const batch_token *const t = &s->tokens[i];
        sw_expert_row head = {.tag = log->seqs[t->seq].owner.tag, .sequence = t->seq, .position = t->pos};
        for (size_t row = 0; row < (size_t)log->o.dims.n_layers; row++) {
            const size_t at = index_of(log, s, row, i);
            head.layer = log->o.dims.first_layer + (int)row;
            expert_trace_add(log->trace, &head, s->chosen + at, s->weights + at);
        }
    }
}

void expert_log_step(expert_log *log, const expert_step *s)
{
    find_predecessors(log, s);
    pthread_mutex_lock(&log->lock);
    tally(log, s, 0, s->n, log->since_mark);
    if (log->trace != NULL)
        add_to_trace(log, s);
    pthread_mutex_unlock(&log->lock);
    for (size_t begin = 0, end; begin < s->n; begin = end) {
        for (end = begin + 1; end < s->n && s->tokens[end].seq == s->tokens[begin].seq;)
            end++;
        finish_sequence(log, s, begin, end);
    }
}

/* ---- any thread ------------------------------------------------------------------------------------------------- */

sw_expert_use *expert_log_snapshot(expert_log *log, sw_expert_span span, bool with_pairs)
{
    sw_expert_use *const out = expert_tally_create(&log->o.dims, with_pairs);
    if (out == NULL)
        return NULL;
    pthread_mutex_lock(&log->lock);
    expert_tally_sum(out, log->since_mark);
    if (span == SW_EXPERTS_SINCE_OPEN)
        expert_tally_sum(out, log->before_mark);
    out->since_ns = span == SW_EXPERTS_SINCE_OPEN ? log->before_mark->since_ns : log->since_mark->since_ns;
    pthread_mutex_unlock(&log->lock);
    return out;
}

void expert_log_mark(expert_log *log)
{
    pthread_mutex_lock(&log->lock);
    expert_tally_sum(log->before_mark, log->since_mark);
    expert_tally_clear(log->since_mark);
    log->since_mark->since_ns = clock_now_ns(log->o.clock);
    pthread_mutex_unlock(&log->lock);
}

size_t expert_log_read_trace(expert_log *log, uint64_t *cursor, sw_expert_row *rows, size_t n_max, uint64_t *n_lost_out)
{
    *n_lost_out = 0;
    if (log->trace == NULL)
        return 0;
    pthread_mutex_lock(&log->lock);
    const size_t n = expert_trace_read(log->trace, cursor, rows, n_max, n_lost_out);
    pthread_mutex_unlock(&log->lock);
    return n;
}

sw_expert_trace expert_log_trace(expert_log *log)
{
    sw_expert_trace out = {.n_max = log->o.n_trace_rows};
    pthread_mutex_lock(&log->lock);
    if (log->trace != NULL)
        expert_trace_range(log->trace, &out.first, &out.end);
    out.since_ns = log->before_mark->since_ns;
    pthread_mutex_unlock(&log->lock);
    return out;
}
