/* conversation.h - the messages of a chat, and their form as a file.
 *
 * Only complete turns stay: a question without an answer is removed again.
 */
#ifndef CMD_CONVERSATION_H
#define CMD_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include "spillway.h"

typedef struct conversation {
    sw_message *messages; // the contents are owned
    size_t n, cap;
    size_t n_system; // 0 or 1
} conversation;

void conversation_free(conversation *c);

/* Appends a message; its text is copied.  Errors: SW_ENOMEM. */
SW_NODISCARD sw_code conversation_add(conversation *c, sw_role role, const char *text, sw_err *err);
/* Removes the messages from the n-th on. */
void conversation_cut(conversation *c, size_t n);
/* Removes the oldest question with its answer; returns false if there is only one question left. */
bool conversation_drop_oldest(conversation *c);
/* Sets the system message, or removes it with NULL or an empty text.  Errors: SW_ENOMEM. */
SW_NODISCARD sw_code conversation_set_system(conversation *c, const char *text, sw_err *err);

/* Writes {"messages": [{"role", "content"}, ...]} to a file that must not exist.  Errors: SW_EINVAL, SW_EIO, SW_ENOMEM.
 */
SW_NODISCARD sw_code conversation_save(const conversation *c, const char *path, sw_err *err);
/* Replaces *c by what a file holds; on failure it is unchanged.  Errors: SW_ENOTFOUND, SW_EIO, SW_EFORMAT, SW_ELIMIT,
 * SW_ENOMEM. */
SW_NODISCARD sw_code conversation_load(conversation *c, const char *path, sw_err *err);

#endif
