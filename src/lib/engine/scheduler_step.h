/* scheduler_step.h - one step of the engine thread: a batch of tokens, their logits, and the tokens sampled from them.
 */
#ifndef ENGINE_SCHEDULER_STEP_H
#define ENGINE_SCHEDULER_STEP_H

#include "engine/scheduler_state.h"

enum { STEP_CHUNK_FIRST = 32 }; // prompt tokens of the first step, before anything was measured

/* Evaluates and samples once; does nothing if no slot has a task.  Returns false if every task pauses. */
bool scheduler_run_step(scheduler *s);

#endif
