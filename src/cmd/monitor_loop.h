/* monitor_loop.h - samples at an interval, to a screen, lines or a file, until something ends it. */
#ifndef CMD_MONITOR_LOOP_H
#define CMD_MONITOR_LOOP_H

#include "cmd/monitor_server.h"
#include "monitor/recording.h"
#include "monitor/sample_source.h"

typedef enum monitor_output { MONITOR_SCREEN, MONITOR_LINES, MONITOR_JSONL } monitor_output;

typedef struct monitor_loop {
    sample_source *source;
    monitor_server *server;     // NULL: its VRAM is not asked for
    const recording_head *head; // interval_s counts
    recorder *recorder;         // NULL: nothing is recorded
    const char *record_path;    // its file
    double seconds;             // after which it ends; 0: never
    monitor_output output;
    bool is_ascii, has_color;
    size_t n_samples; // out: taken
} monitor_loop;

/* Returns SW_OK after Ctrl-C, q or the time; SW_EIO if the process has ended or the recording cannot be written; and
 * SW_ENOMEM.  The screen is closed then. */
SW_NODISCARD sw_code monitor_loop_run(monitor_loop *loop, sw_err *err);

#endif
