/* monitor_replay.h - what a recording of `spillway monitor` says: each figure's least, middle and highest value, and
 * whether private memory grows. */
#ifndef CMD_MONITOR_REPLAY_H
#define CMD_MONITOR_REPLAY_H

#include "base/buf.h"
#include "monitor/recording.h"

/* Appends a table, or a JSON document.  Errors: SW_ENOMEM, and of an append. */
SW_NODISCARD sw_code monitor_replay_text(buf *out, const recording *r, sw_err *err);
SW_NODISCARD sw_code monitor_replay_json(buf *out, const recording *r, sw_err *err);

#endif
