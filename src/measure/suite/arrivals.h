/* arrivals.h - when the requests of an open loop are sent: a schedule that no answer changes.
 *
 * Seeded, so that two runs send at the same moments.  Pure.
 */
#ifndef SUITE_ARRIVALS_H
#define SUITE_ARRIVALS_H

#include "protocol/protocol.h"

/* Writes n moments in seconds, in order, the first of them 0, to offsets_s.  All are 0 for a closed loop. */
void arrivals_make(const protocol_settings *settings, uint64_t seed, double *offsets_s, size_t n);

#endif
