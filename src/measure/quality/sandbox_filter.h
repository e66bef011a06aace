/* sandbox_filter.h - the system calls that a sandboxed interpreter may make, as programs for the kernel's seccomp.
 *
 * There are two: one for the start of the interpreter, which reads its own files, and one for the code of an answer,
 * which may compute, use memory, read and write what is open already, and end.  Every other call fails with EPERM.
 */
#ifndef QUALITY_SANDBOX_FILTER_H
#define QUALITY_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

enum { SANDBOX_FILTER_MAX = 256 }; // instructions

typedef enum sandbox_stage { STAGE_START, STAGE_LOCKED } sandbox_stage;

/* Writes the program to out[0 .. SANDBOX_FILTER_MAX) and returns its length; 0: this processor is not known. */
size_t sandbox_filter_write(sandbox_stage stage, struct sock_filter *out);

#endif
