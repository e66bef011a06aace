/* terminal.h - the terminal: what it can show, its width, a line that is redrawn, and its state during a chat.
 *
 * During a chat keys are not shown while nothing is asked for, so that typing ahead damages no output; they are kept
 * for the next line.  The terminal's own state comes back when the process ends, also by a signal.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdbool.h>

#include "spillway/error.h"

/* A row for an array of arg_row; `word` is a const char *, for terminal_choose_color. */
// clang-format off
#define COLOR_ARG_ROW(word) \
    {"color", NULL, ARG_STRING, &(word), 0, 0, "always|auto|never", "colours on standard error; auto: on a terminal, unless NO_COLOR is set (default: auto)"}
// clang-format on

/* Returns true if the file descriptor is a terminal that understands control sequences. */
bool terminal_is_capable(int fd);
/* Returns true if a line may be redrawn in place: it is such a terminal, and not that of a build service, which sets CI
 * and keeps what it shows. */
bool terminal_may_redraw(int fd);
/* Decides about colours: "always", "never" or "auto"; NULL is auto.  Error: SW_EINVAL, another word. */
SW_NODISCARD sw_code terminal_choose_color(const char *word, sw_err *err);
/* Returns true if colours are wanted there: always, or on a capable terminal if NO_COLOR is not set, or empty
 * (no-color.org). */
bool terminal_has_color(int fd);
/* Columns of the terminal; 80 if it does not tell. */
int terminal_columns_of(int fd);

/* While a line is drawn that will be removed, a signal that ends the process removes it. */
void terminal_begin_line(void);
void terminal_end_line(void);

/* From now on keys are not shown, and pasted text is marked as such. */
void terminal_begin_chat(void);
/* Gives the terminal back as it was. */
void terminal_end_chat(void);

#endif
