/* talk.h - a chat on the terminal: every turn sends the whole conversation again.
 *
 * That is cheap, because the engine evaluates only what its cache does not hold.  When the context is full, the oldest
 * turns leave the conversation, and a line says so.
 */
#ifndef CMD_TALK_H
#define CMD_TALK_H

#include "cmd/talk_state.h"

/* Chats until the user leaves.  Standard input must be a terminal.  Errors: SW_ENOMEM, SW_EIO (the terminal, standard
 * output), those of opening a model that /model named, if the one before cannot be opened again; an error of one answer
 * is printed, and the chat goes on. */
SW_NODISCARD sw_code talk_run(const talk_options *options, generation *g, sw_err *err);

#endif
