/* scheduler_prompt.h - what a task hears of its prompt: how far it is, how probable its tokens are, its embedding. */
#ifndef ENGINE_SCHEDULER_PROMPT_H
#define ENGINE_SCHEDULER_PROMPT_H

#include "engine/scheduler_state.h"

/* Prompt tokens of one step whose successors' probabilities are wanted, at most, because each takes a row of logits: of
 * the largest known vocabularies a megabyte. */
enum { STEP_SCORED_MAX = 32 };

/* Reports a step's part of a slot's prompt, from position `begin` to the task's n_done.  `rows` are the slot's rows of
 * logits.  SW_ENUMERIC: one of them is not finite; the task is still to be ended. */
SW_NODISCARD sw_code prompt_report(scheduler *s, const seq_slot *sl, int32_t begin, const float *rows, sw_err *err);

/* Sends the embedding of a slot's prompt, all of which is evaluated.  SW_ENUMERIC: it has none; the task is still to be
 * ended. */
SW_NODISCARD sw_code prompt_send_embedding(scheduler *s, const seq_slot *sl, sw_err *err);

#endif
