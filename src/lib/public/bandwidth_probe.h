/* bandwidth_probe.h - reading memory as fast as a core can: the upper bound for everything that reads weights. */
#ifndef PUBLIC_BANDWIDTH_PROBE_H
#define PUBLIC_BANDWIDTH_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* Reads n bytes (a multiple of 256) once, in order, with the widest loads of this machine.  The result depends on every
 * byte, so the compiler cannot drop a read. */
uint64_t bandwidth_read_all(const void *bytes, size_t n);

#endif
