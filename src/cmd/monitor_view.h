/* monitor_view.h - the screen of `spillway monitor`, as text: two panels side by side, every figure with its graph. */
#ifndef CMD_MONITOR_VIEW_H
#define CMD_MONITOR_VIEW_H

#include "base/buf.h"
#include "cmd/monitor_history.h"
#include "monitor/recording.h"

typedef struct monitor_view {
    const recording_head *head;
    const monitor_history *history;
    const char *footer;     // one line; any text
    const char *allocation; // of VRAM, by the server's word; "": not told
    bool is_ascii, has_color;
} monitor_view;

/* Appends at most `n_lines` lines of at most `n_columns` characters, each but the last with "\n".  Figures that are not
 * known are left out where there is not room for all. */
void monitor_view_format(buf *out, const monitor_view *v, int n_columns, int n_lines);

#endif
