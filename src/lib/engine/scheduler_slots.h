/* scheduler_slots.h - which task has which sequence. */
#ifndef ENGINE_SCHEDULER_SLOTS_H
#define ENGINE_SCHEDULER_SLOTS_H

#include "engine/scheduler_state.h"

/* Gives slots to waiting tasks, first come, first served. */
void slots_admit(scheduler *s);
/* Ends the tasks that were canceled since the last step, waiting or running. */
void slots_end_canceled(scheduler *s);
/* Makes the figures of all slots visible to other threads; n_left running tasks have just left their slot. */
void slots_publish(scheduler *s, int n_left);

/* Ends the task of a slot.  The slot is free when the last event is delivered. */
void slot_end_task(scheduler *s, seq_slot *sl, sw_finish finish, const sw_err *error);
/* Makes room for n tokens in a slot, if necessary by emptying the caches of idle slots.  False if that is not enough.
 */
bool slot_reserve(scheduler *s, const seq_slot *sl, int32_t n);
/* Empties the cache of a slot. */
void slot_forget(scheduler *s, seq_slot *sl);

#endif
