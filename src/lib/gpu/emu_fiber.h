/* emu_fiber.h - a thread of a block: code with a stack of its own that runs when the scheduler enters it.
 *
 * Fibers and the scheduler belong to the one thread that runs a launch; emu_run.c sees to it.
 */
#ifndef GPU_EMU_FIBER_H
#define GPU_EMU_FIBER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct emu_fiber emu_fiber;

/* Fiber number i of the process, i < 1024, made when it is first asked for; it calls body(i) again and again, each time
 * when it is entered after body returned.  NULL: no memory. */
emu_fiber *emu_fiber_get(int i, void (*body)(int i));

/* Runs a fiber until it leaves or its body returns. */
void emu_fiber_enter(emu_fiber *f);
/* Called by a fiber: goes on with what entered it. */
void emu_fiber_leave(emu_fiber *f);

/* Fibers that were left in the middle begin at the beginning of their body when they are next asked for. */
void emu_fiber_abandon_all(void);

#endif
