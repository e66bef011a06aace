/* terminal.h - the terminal as commands use it: its width, colours, and its state during a chat.
 *
 * During a chat keys are not shown while nothing is asked for, so that typing ahead damages no output; they are kept
 * for the next line.  The terminal's own state comes back when the process ends, also by a signal.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdbool.h>

#include "cmd/arg_list.h"
#include "spillway/error.h"

/* Returns true if the file descriptor is a terminal that understands control sequences. */
bool terminal_is_capable(int fd);
/* The row of --color, whose text is for terminal_choose_color. */
#define COLOR_ARG_ROW(text)                                                                                            \
    {                                                                                                                  \
        "color", NULL, ARG_STRING, &(text), 0, 0, "always|auto|never",                                                 \
            "use colours (default: auto, on a terminal and unless NO_COLOR is set)"                                    \
    }
/* Decides for the whole process; NULL is "auto".  Errors: SW_EINVAL. */
SW_NODISCARD sw_code terminal_choose_color(const char *text, sw_err *err);
/* Returns true if colours are wanted on this file descriptor: as was chosen, and by default if it is a capable terminal
 * and NO_COLOR is not set, or empty (no-color.org). */
bool terminal_has_color(int fd);
/* Columns of the terminal; 80 if it does not tell. */
int terminal_columns_of(int fd);

/* From now on keys are not shown, and pasted text is marked as such. */
void terminal_begin_chat(void);
/* Gives the terminal back as it was. */
void terminal_end_chat(void);

#endif
