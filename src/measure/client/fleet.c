/* fleet.c - the loop under fleet.h: libcurl's multi interface, which also keeps connections open for later requests.
 *
 * Invariant: a transfer is in `active` exactly while its handle is in the multi handle, and then in `ended` until it is
 * taken.  Room in `ended` is made when a transfer is added, so that ending one cannot fail.
 */
#include "client/fleet.h"

#include <curl/curl.h>
#include <string.h>

#include "base/alloc.h"

enum { POLL_MS = 100 }; // flags of signal handlers cannot wake the loop: they are looked at this often

struct transfer_fleet {
    CURLM *multi;
    const sw_clock *clock;
    chat_transfer **active;
    size_t n_active, cap_active;
    chat_transfer **ended; // oldest first
    size_t n_ended, cap_ended;
};

sw_code fleet_create(transfer_fleet **out, const sw_clock *clock, sw_err *err)
{
    *out = NULL;
    transfer_fleet *const f = mem_calloc(1, sizeof *f);
    if (f == NULL || (f->multi = curl_multi_init()) == NULL) {
        mem_free(f);
        return sw_fail(err, SW_ENOMEM, "out of memory for requests");
    }
    f->clock = clock;
    *out = f;
    return SW_OK;
}

void fleet_free(transfer_fleet *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->n_active; i++) {
        curl_multi_remove_handle(f->multi, transfer_handle(f->active[i]));
        transfer_free(f->active[i]);
    }
    for (size_t i = 0; i < f->n_ended; i++)
        transfer_free(f->ended[i]);
    curl_multi_cleanup(f->multi);
    mem_free(f->active);
    mem_free(f->ended);
    mem_free(f);
}

sw_code fleet_add(transfer_fleet *f, const transfer_options *options, chat_transfer **out, sw_err *err)
{
    *out = NULL;
    if (!mem_grow(&f->active, &f->cap_active, f->n_active + 1, sizeof(chat_transfer *)) ||
        !mem_grow(&f->ended, &f->cap_ended, f->n_active + f->n_ended + 1, sizeof(chat_transfer *)))
        return sw_fail(err, SW_ENOMEM, "out of memory for %zu requests", f->n_active + 1);
    chat_transfer *transfer;
    const sw_code code = transfer_create(&transfer, options, f->clock, err);
    if (code != SW_OK)
        return code;
    if (curl_multi_add_handle(f->multi, transfer_handle(transfer)) != CURLM_OK) {
        transfer_free(transfer);
        return sw_fail(err, SW_ENOMEM, "out of memory for a request");
    }
    f->active[f->n_active++] = transfer;
    *out = transfer;
    return SW_OK;
}

/* ---- the loop --------------------------------------------------------------------------------------------------- */

/* Moves active[i] to the ended ones, unless it begins anew; its place is taken by the last. */
static void end_at(transfer_fleet *f, size_t i, CURLcode verdict)
{
    chat_transfer *const t = f->active[i];
    curl_multi_remove_handle(f->multi, transfer_handle(t)); // closes a connection in the middle of an answer
    if (transfer_ask_again(t, (int)verdict)) {
        if (curl_multi_add_handle(f->multi, transfer_handle(t)) == CURLM_OK)
            return;
        verdict = CURLE_OUT_OF_MEMORY;
    }
    transfer_end(t, (int)verdict);
    f->active[i] = f->active[--f->n_active];
    f->ended[f->n_ended++] = t;
}

/* Ends the transfers that curl has finished with. */
static void end_finished(transfer_fleet *f)
{
    int n_left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(f->multi, &n_left)) != NULL) {
        const CURLcode verdict = message->data.result; // freed when the handle is removed
        char *finished = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &finished);
        for (size_t i = 0; i < f->n_active; i++) {
            if (f->active[i] == (chat_transfer *)(void *)finished) {
                end_at(f, i, verdict);
                break;
            }
        }
    }
}

/* Ends the transfers that were canceled or have passed a limit. */
static void end_overdue(transfer_fleet *f)
{
    for (size_t i = f->n_active; i-- > 0;) {
        if (!transfer_may_go_on(f->active[i]))
            end_at(f, i, CURLE_OK);
    }
}

/* Waits first and reads then, so that bytes that arrive during the wait are stamped as soon as it ends.  Limits are
 * checked before the wait for what other threads canceled, and after the reading for what time did. */
size_t fleet_run(transfer_fleet *f, int wait_ms)
{
    int n_running;
    const size_t n_ended = f->n_ended;
    end_overdue(f);
    if (f->n_ended == n_ended) // else something has happened already
        curl_multi_poll(f->multi, NULL, 0, wait_ms < POLL_MS ? wait_ms : POLL_MS, NULL);
    for (size_t i = 0; i < f->n_active; i++)
        transfer_begin_turn(f->active[i]);
    curl_multi_perform(f->multi, &n_running);
    end_finished(f);
    end_overdue(f);
    return f->n_active;
}

chat_transfer *fleet_take(transfer_fleet *f)
{
    if (f->n_ended == 0)
        return NULL;
    chat_transfer *const t = f->ended[0];
    memmove(f->ended, f->ended + 1, --f->n_ended * sizeof(chat_transfer *));
    return t;
}

void fleet_cancel(transfer_fleet *f, chat_transfer *transfer)
{
    transfer_cancel(transfer);
    fleet_wake(f);
}

void fleet_cancel_all(transfer_fleet *f)
{
    for (size_t i = 0; i < f->n_active; i++)
        transfer_cancel(f->active[i]);
    fleet_wake(f);
}

void fleet_wake(transfer_fleet *f)
{
    curl_multi_wakeup(f->multi);
}

/* ---- one question ----------------------------------------------------------------------------------------------- */

/* Takes this one out of the ended ones. */
static void take_this(transfer_fleet *f, const chat_transfer *wanted)
{
    size_t i = 0;
    while (f->ended[i] != wanted)
        i++;
    memmove(f->ended + i, f->ended + i + 1, (--f->n_ended - i) * sizeof(chat_transfer *));
}

/* Ticks are paced by the fleet's clock, so that a busy stream does not redraw a terminal thousands of times a second.
 */
sw_code fleet_ask(transfer_fleet *f, const transfer_options *options, fleet_tick_fn on_tick, void *ud,
                  chat_transfer **out, sw_err *err)
{
    const sw_code code = fleet_add(f, options, out, err);
    if (code != SW_OK)
        return code;
    uint64_t next_tick_ns = 0;
    while (!transfer_has_ended(*out)) {
        fleet_run(f, POLL_MS);
        const uint64_t now_ns = clock_now_ns(f->clock);
        if (on_tick != NULL && now_ns >= next_tick_ns && !transfer_has_ended(*out)) {
            on_tick(ud, transfer_n_events(*out), transfer_elapsed_s(*out));
            next_tick_ns = now_ns + (uint64_t)POLL_MS * 1000000u;
        }
    }
    take_this(f, *out);
    return SW_OK;
}
