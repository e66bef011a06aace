/* emu_fault.h - failures of an emulated device that its name asks for, so that whole programs can be tested with them:
 * emu:64MiB!lost=200 is lost at its 200th launch.
 */
#ifndef GPU_EMU_FAULT_H
#define GPU_EMU_FAULT_H

#include <stdatomic.h>

#include "spillway/error.h"

typedef enum emu_fault_kind {
    EMU_LOST,   // launches: the device is lost
    EMU_LAUNCH, // launches: one has no memory, and the device goes on
    EMU_ALLOC,  // pieces of device memory: one is refused
    EMU_PINNED, // pieces of pinned memory: one is refused
    EMU_PIN,    // pieces of this machine's memory that are to be pinned: one is not
    EMU_COPY,   // copies: one has no memory, and the device goes on
    N_EMU_FAULTS
} emu_fault_kind;

typedef struct emu_faults {
    unsigned long at[N_EMU_FAULTS]; // the number of the call that fails, from 1 on; 0: none does
    atomic_ulong n[N_EMU_FAULTS];   // calls so far
} emu_faults;

/* Reads "" or "!KIND=NUMBER", with KIND as in emu_fault_kind.  Error: SW_EINVAL. */
SW_NODISCARD sw_code emu_faults_read(emu_faults *f, const char *text, sw_err *err);

/* Counts a call.  SW_EIO (EMU_LOST) or SW_ENOMEM if it is the one that fails; any thread. */
SW_NODISCARD sw_code emu_fault(emu_faults *f, emu_fault_kind kind, sw_err *err);

#endif
