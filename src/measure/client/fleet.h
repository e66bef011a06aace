/* fleet.h - any number of transfers on one loop.
 *
 * One thread owns a fleet: it adds transfers, runs the loop and takes those that have ended.  Every transfer ends for a
 * reason of its own (its answer, its limits, its cancellation) and never takes another one with it.  Other threads may
 * only cancel and wake.
 */
#ifndef CLIENT_FLEET_H
#define CLIENT_FLEET_H

#include <stddef.h>

#include "client/transfer.h"

typedef struct transfer_fleet transfer_fleet;

/* All times of the fleet's transfers are by `clock`, which must outlive it.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code fleet_create(transfer_fleet **out, const sw_clock *clock, sw_err *err);
/* Breaks off what is under way and frees every transfer that was not taken.  NULL is accepted. */
void fleet_free(transfer_fleet *fleet);

/* Starts a request; it makes progress in fleet_run.  *out_transfer belongs to the fleet until it is taken.  Errors:
 * SW_EINVAL, SW_ENOMEM. */
SW_NODISCARD sw_code fleet_add(transfer_fleet *fleet, const transfer_options *options, chat_transfer **out_transfer,
                               sw_err *err);

/* Moves bytes until something has happened on a connection, a transfer has ended, the fleet was woken, or wait_ms (of
 * real time, at most a tenth of a second is used) have passed.  Returns how many transfers are under way. */
size_t fleet_run(transfer_fleet *fleet, int wait_ms);

/* Hands over a transfer that has ended, in the order in which they ended; free it with transfer_free.  NULL if there is
 * none. */
chat_transfer *fleet_take(transfer_fleet *fleet);

/* From any thread, while the transfer has not been freed: it ends with TEST_CANCELED in the next fleet_run, unless it
 * has ended already. */
void fleet_cancel(transfer_fleet *fleet, chat_transfer *transfer);
/* The same for all that are under way; on the thread that owns the fleet. */
void fleet_cancel_all(transfer_fleet *fleet);
/* Ends the wait of a fleet_run under way, or of the next one.  From any thread. */
void fleet_wake(transfer_fleet *fleet);

/* Called about ten times a second (by the fleet's clock) while an answer is under way. */
typedef void (*fleet_tick_fn)(void *ud, size_t n_events, double elapsed_s);

/* One question: adds a transfer, runs the fleet until it has ended, and takes it.  on_tick may be NULL.  Whatever the
 * server does is in the answer and not an error.  Errors: SW_EINVAL, SW_ENOMEM. */
SW_NODISCARD sw_code fleet_ask(transfer_fleet *fleet, const transfer_options *options, fleet_tick_fn on_tick, void *ud,
                               chat_transfer **out_transfer, sw_err *err);

#endif
