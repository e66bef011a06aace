/* line_editor.h - what a user types into a chat, one message at a time.
 *
 * Editing and the history of typed lines are libedit's.  What is pasted is one message, however many lines it has; a
 * line that begins with three double quotes goes on until a line that ends with them.  The history is kept across
 * sessions in the user's state folder ($XDG_STATE_HOME/spillway/history, or ~/.local/state), readable by the user
 * alone.
 */
#ifndef CMD_LINE_EDITOR_H
#define CMD_LINE_EDITOR_H

#include <stdbool.h>

#include "base/buf.h"
#include "spillway/error.h"

typedef struct line_editor line_editor;

/* Prompts go to standard error: standard output is for answers.  Errors: SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code line_editor_open(line_editor **out, bool keeps_history, sw_err *err);
/* NULL is accepted. */
void line_editor_close(line_editor *e);

/* Replaces *out by the next message, without its last newline.  Returns false at the end of input. */
bool line_editor_next(line_editor *e, buf *out);

/* Adds a message to the history, on disk too. */
void line_editor_remember(line_editor *e, const char *message);

#endif
