/* conversation.h - a chat on the terminal: every turn sends the whole conversation again.
 *
 * That is cheap, because the engine evaluates only what its cache does not hold.  Line editing and the history of typed
 * lines are libedit's.  Nothing of a conversation is written to disk.
 */
#ifndef CMD_CONVERSATION_H
#define CMD_CONVERSATION_H

#include <stdbool.h>

#include "cmd/generate.h"
#include "spillway.h"

/* Chats until the user leaves.  `base` is the request of every turn without its messages; `system` may be NULL.
 * Standard input must be a terminal.  Errors: SW_ENOMEM, SW_EIO (the terminal, standard output); an error of one answer
 * is printed, and the chat goes on. */
SW_NODISCARD sw_code conversation_run(sw_engine *engine, const sw_request *base, const char *system, bool prints_speed,
                                      generation *g, sw_err *err);

#endif
