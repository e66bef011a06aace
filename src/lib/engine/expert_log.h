/* expert_log.h - what an engine remembers of its routers' choices: sums since it was opened and since a mark, the sums
 * of single jobs, and a trace.
 *
 * The engine's thread writes, once per step; any thread reads snapshots.  The lock is held while a step is added and
 * while sums are copied, both far shorter than a step.
 */
#ifndef ENGINE_EXPERT_LOG_H
#define ENGINE_EXPERT_LOG_H

#include "engine/expert_tally.h"
#include "forward/batch.h"
#include "spillway.h"

typedef struct expert_log expert_log;

typedef struct expert_log_options {
    expert_dims dims; // n_layers >= 1
    int n_seqs;
    size_t n_batch;        // tokens of a step, at most
    size_t n_trace_rows;   // 0: no trace
    const sw_clock *clock; // must outlive the log
} expert_log_options;

/* NULL when memory is short. */
expert_log *expert_log_create(const expert_log_options *o);
/* NULL is accepted. */
void expert_log_free(expert_log *log);
/* What a log takes, with the snapshot of one reader; of NULL 0. */
size_t expert_log_bytes(const expert_log *log);
/* Constant. */
const expert_dims *expert_log_dims(const expert_log *log);

/* ---- the engine's thread ---------------------------------------------------------------------------------------- */

/* Whose tokens a sequence evaluates. */
typedef struct expert_owner {
    uint64_t tag;             // see sw_request
    int32_t n_prompt;         // positions below are the prompt's
    sw_expert_use *prompt;    // sums to add the prompt's choices to, kept while the sequence is stepped; or NULL
    sw_expert_use *generated; // and those of generated tokens; or NULL
} expert_owner;

void expert_log_begin(expert_log *log, int32_t seq, const expert_owner *owner);

/* What the routers chose in one step. */
typedef struct expert_step {
    const batch_token *tokens; // (n)
    size_t n;
    const int *chosen;    // (n_layers, stride): of row r, token i the n_used entries from r * stride + i * n_used on
    const float *weights; // likewise
    size_t stride;
} expert_step;

/* A step that failed is not added. */
void expert_log_step(expert_log *log, const expert_step *step);

/* ---- any thread ------------------------------------------------------------------------------------------------- */

/* NULL when memory is short; to be freed with sw_expert_use_free. */
sw_expert_use *expert_log_snapshot(expert_log *log, sw_expert_span span, bool with_pairs);
/* As sw_engine_expert_mark. */
void expert_log_mark(expert_log *log);
/* As sw_engine_expert_rows and sw_engine_expert_trace. */
size_t expert_log_read_trace(expert_log *log, uint64_t *cursor, sw_expert_row *rows, size_t n_max,
                             uint64_t *n_lost_out);
sw_expert_trace expert_log_trace(expert_log *log);

#endif
