/* bandwidth.h - reading memory as fast as a core can, to know the ceiling of what reads weights. */
#ifndef SW_BANDWIDTH_H
#define SW_BANDWIDTH_H

#include <stddef.h>
#include <stdint.h>

/* Reads n bytes (a multiple of 256) once, in order, with the widest loads of this machine.  The result depends on every
 * byte, so that no read can be left out. */
uint64_t sw_read_all(const void *bytes, size_t n);

#endif
