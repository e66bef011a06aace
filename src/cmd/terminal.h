/* terminal.h - the terminal as `spillway run` uses it: its width, and its state during a chat.
 *
 * During a chat keys are not shown while nothing is asked for, so that typing ahead damages no output; they are kept
 * for the next line.  The terminal's own state comes back when the process ends, also by a signal.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdbool.h>

/* Returns true if the file descriptor is a terminal that understands control sequences. */
bool terminal_is_capable(int fd);
/* Returns true if colours are wanted: NO_COLOR is not set, or empty (no-color.org). */
bool terminal_has_color(void);
/* Columns of the terminal; 80 if it does not tell. */
int terminal_columns_of(int fd);

/* From now on keys are not shown, and pasted text is marked as such. */
void terminal_begin_chat(void);
/* Gives the terminal back as it was. */
void terminal_end_chat(void);

#endif
