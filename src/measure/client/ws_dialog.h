/* ws_dialog.h - one question over a WebSocket, as bytes: the frames that a client sends, and the messages that it gets.
 *
 * It knows nothing of sockets: curl carries the bytes, after a GET that asks for the upgrade.
 */
#ifndef CLIENT_WS_DIALOG_H
#define CLIENT_WS_DIALOG_H

#include "base/ws_frames.h"
#include "spillway/error.h"

typedef struct ws_dialog {
    ws_frames frames;
    buf out;         // to be sent, from n_sent on
    size_t n_sent;   // of `out`
    bool has_closed; // the server sent a Close; nothing follows
} ws_dialog;

/* A message of the server; valid during the call only. */
typedef void (*ws_message_fn)(void *ud, const char *data, size_t n);

void ws_dialog_init(ws_dialog *dialog);
void ws_dialog_free(ws_dialog *dialog);
/* Begins with `text` as the only message.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code ws_dialog_begin(ws_dialog *dialog, const char *text, sw_err *err);

/* Bytes that came; a Ping is answered in `out`.  Errors: SW_EFORMAT (not the frames of a server), SW_ELIMIT (more Pings
 * than answers can be sent), SW_ENOMEM; after one, or after a Close, it must not be fed again. */
SW_NODISCARD sw_code ws_dialog_feed(ws_dialog *dialog, const char *bytes, size_t n, ws_message_fn on_message, void *ud,
                                    sw_err *err);
/* Moves up to `size` bytes to be sent to `to`; returns how many. */
size_t ws_dialog_take(ws_dialog *dialog, char *to, size_t size);
bool ws_dialog_has_output(const ws_dialog *dialog);

#endif
