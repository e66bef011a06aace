/* scheduler_step.h - one step of the engine thread: a batch of tokens, their logits, and the tokens sampled from them.
 */
#ifndef ENGINE_SCHEDULER_STEP_H
#define ENGINE_SCHEDULER_STEP_H

#include "engine/scheduler_state.h"

/* Prompt tokens of the smallest chunk, because smaller ones take about as long; and of the first one, before anything
 * was measured: on a slow model a larger one could take many seconds, in which nothing can be canceled. */
enum { STEP_CHUNK_MIN = 8 };

/* Evaluates and samples once; does nothing if no slot has a task.  Returns false if every task pauses. */
bool scheduler_run_step(scheduler *s);

#endif
