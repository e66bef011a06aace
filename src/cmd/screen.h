/* screen.h - a whole terminal that is redrawn in place, and given back as it was.
 *
 * The screen is the terminal's second one, so that what was there before comes back.  Keys are not shown.  Signals that
 * end the process are only noted: whoever draws looks and closes the screen.
 */
#ifndef CMD_SCREEN_H
#define CMD_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

typedef enum screen_event {
    SCREEN_TIME,    // the time has passed
    SCREEN_RESIZED, // draw again
    SCREEN_END,     // Ctrl-C, another signal that ends, or the key q
} screen_event;

/* From now on signals are noted.  Also for commands without a screen, that must end in order. */
void screen_catch_signals(void);
/* Waits for an event, at most until the system's monotonic clock shows end_ns. */
screen_event screen_wait(uint64_t end_ns);

/* On standard output, which must be a terminal that can be redrawn. */
void screen_open(void);
/* Shows lines that are separated by "\n". */
void screen_show(const buf *lines);
int screen_lines(void);
/* Does nothing if no screen is open. */
void screen_close(void);

#endif
