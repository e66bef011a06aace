/* monitor_server.h - the VRAM that a watched spillway server says it has allocated (GET /v1/placement).
 *
 * The driver's figure of a process holds the driver's own context, too; where there is no driver, as with an emulated
 * GPU, the server's word is all there is.  It is asked by a thread of its own every few seconds, so that a server that
 * does not answer delays no sample.
 */
#ifndef CMD_MONITOR_SERVER_H
#define CMD_MONITOR_SERVER_H

#include "spillway/error.h"

typedef struct monitor_server monitor_server;

/* Asks once before it returns.  Errors: SW_EINVAL (the URL), SW_ENOMEM, SW_EIO (no thread). */
SW_NODISCARD sw_code monitor_server_start(monitor_server **out, const char *url, sw_err *err);
/* Bytes of all loaded models, as last told; NAN: this server does not tell, or *server is NULL. */
double monitor_server_vram_bytes(monitor_server *server);
/* Waits for an answer that is under way.  NULL is accepted. */
void monitor_server_stop(monitor_server *server);

#endif
