/* template.h - one loop for many shapes: the means of the SIMD files.
 *
 * A template is an ordinary function that is always expanded in place; arguments that are constants where it is called
 * (a format's description, a number of tokens) vanish from it, and loops marked UNROLL whose bounds became constant
 * turn into straight code, their small arrays into registers.
 */
#ifndef KERNELS_LANES_TEMPLATE_H
#define KERNELS_LANES_TEMPLATE_H

#define INLINE static inline __attribute__((always_inline))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNROLL // straight code takes gcc's sanitizers minutes to instrument, and the result is the same
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#endif
