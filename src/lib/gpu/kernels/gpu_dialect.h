/* gpu_dialect.h - the language of kernels: what C11 and CUDA C++ have in common, and the operations of a GPU's threads.
 *
 * A kernel file (*.cu) is compiled twice from the same text: for the GPU by clang, to PTX, which the driver turns into
 * machine code (dialect_ptx.h); and for this processor (dialect_emu.h), where every thread of a block is a fiber.
 *
 *     KERNEL(name, struct, threads per block at most, blocks per multiprocessor that must find room) { ... a.x ... }
 *
 * Kernels have no #ifdef: all that differs is in these two headers.  Blocks are one-dimensional.  A kernel's memory
 * that a block shares is one struct: SHARED(type, name) declares a pointer to it.
 *
 * Why bits are the same as on the CPU: PTX has IEEE add, mul, fma, div and sqrt, to nearest even and with subnormals.
 * An operation with a written rounding (`add.rn`) is never fused by the driver, and -ffp-contract=off makes clang write
 * it. Only NaN differ: a GPU has one.
 */
#ifndef GPU_KERNELS_GPU_DIALECT_H
#define GPU_KERNELS_GPU_DIALECT_H

#include <stdint.h>

typedef uint32_t u32x2 __attribute__((vector_size(8)));
typedef float f32x2 __attribute__((vector_size(8)));
typedef float f32x4 __attribute__((vector_size(16)));

enum { WARP = 32 };
#define MINUS_INFINITY (-__builtin_inff())

#ifdef __CUDA__
#include "gpu/kernels/dialect_ptx.h"
#else
#include "gpu/kernels/dialect_emu.h"
#endif

#endif
