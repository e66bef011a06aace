/* emu_run.h - one launch on this processor: every block's threads as fibers, strict, not fast.
 *
 * A fiber runs until it must wait: at a block barrier for the block, at an operation of a warp for the 32 of its warp.
 * Blocks run one after another.  What the strictness finds:
 *   - a barrier or warp operation that some threads do not reach, or different ones that meet: an error; all threads of
 * a block must come to the same number of barriers
 *   - a missing barrier: the order of the fibers is another one in every block (forwards, backwards, mixed), and shared
 *     memory is full of 0xa5 when a block begins, so that results change
 *   - a missing copy_wait: copies happen when the thread waits for them and not before
 *   - addresses that are not aligned, that are not the device's, and, under AddressSanitizer, beyond what they belong
 * to What it cannot find: races within a warp, bank conflicts, speed; blocks that wait for each other never end.
 */
#ifndef GPU_EMU_RUN_H
#define GPU_EMU_RUN_H

#include "gpu/device.h"

typedef void (*emu_kernel)(const void *args);

/* Of every kernel, by its number. */
extern const emu_kernel EMU_KERNELS[N_KERNELS];

/* Runs a launch, whose args hold addresses that this process may use.  One at a time in the process, others wait.
 * SW_EIO with the kernel and place if the kernel did what no kernel may. */
SW_NODISCARD sw_code emu_run(const device_launch *l, sw_err *err);

/* Device addresses of the emulation are those of this process plus this, so that using one as it is ends the process.
 */
#define EMU_DEVICE_OFFSET ((uintptr_t)1 << 54)

/* For tests of the tests: what operations do wrongly from now on. */
typedef enum emu_mistake {
    EMU_NO_MISTAKE,
    EMU_BARRIER_SKIPPED,    // block barriers let everyone pass
    EMU_BARRIER_MISSED,     // thread 5 of a block never comes to one
    EMU_COPY_NOT_AWAITED,   // copy_wait returns at once
    EMU_SHUFFLE_OFF_BY_ONE, // shuffles read the lane beside
    EMU_ROWS_SWAPPED,       // mma gives the rows of its upper half to its lower half
    EMU_ROUNDED_TWICE,      // fma is a product and a sum
    EMU_ROUNDED_DOWN,       // conversions to integers are towards zero
    EMU_SCALE_OF_NEIGHBOUR, // halves become floats with the lowest bit turned
    N_EMU_MISTAKES
} emu_mistake;
void emu_plant(emu_mistake mistake);

#endif
