/* message_list.h - builds the messages of a generation_request.
 *
 * Every family writes conversations in its own way; their readers have this in common.  A reader begins a list, adds
 * the messages in order, and to the last one its texts and calls, and ends the list, which hands it to the request.
 *
 * Texts are UTF-8 with a NUL at the end and must live as long as the request, as the strings of its document do; what
 * is joined or written here is owned by the request.  Every function that returns a bool returns false with the fault
 * of the reader set; `at` is the place that the fault names.
 */
#ifndef DIALECTS_MESSAGE_LIST_H
#define DIALECTS_MESSAGE_LIST_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* A text that may arrive in several pieces. */
typedef struct message_text {
    const char *first; // NULL: no piece yet
    buf joined;        // of two pieces or more
} message_text;

typedef struct message_list {
    generation_request *g;
    json_reader *r;
    sw_message *messages; // (n), whose calls are the next n_tool_calls of `calls`
    size_t n, n_max;
    sw_tool_call *calls; // (n_calls)
    size_t n_calls, n_calls_max;
    size_t n_texts_max;
    message_text content, reasoning; // of the last message
} message_list;

/* Starts a list for `g`, whose faults go to `r`; both must outlive it.  End it with message_list_free. */
void message_list_begin(message_list *l, generation_request *g, json_reader *r);
void message_list_free(message_list *l);
/* Gives the list to the request: its core.messages.  A message without a content has "" from now on. */
bool message_list_end(message_list *l);

/* Adds an empty message.  More than LIMIT_MESSAGES are a fault. */
bool message_list_add(message_list *l, const json_place *at, sw_role role);
/* The same, unless the last message has this role: for families that write one turn as several items. */
bool message_list_continue(message_list *l, const json_place *at, sw_role role);

/* ---- the last message ---- */

/* Appends to its texts, nothing between the pieces. */
void message_list_content(message_list *l, const char *text);
void message_list_reasoning(message_list *l, const char *text);
/* Returns true if a content was appended, even an empty one. */
bool message_list_has_content(const message_list *l);
/* Appends a call that the assistant made.  `arguments` is JSON in a string, which may be empty, or any other value,
 * which is written as models learned it; NULL: none.  id may be NULL.  More than LIMIT_TOOL_CALLS in a list are a
 * fault. */
bool message_list_call(message_list *l, const json_place *at, const char *id, const char *name,
                       const json_t *arguments);
/* Says of which call the message, a tool's, is the result: by id, by the tool's name or both; NULL: not given. */
void message_list_result_of(message_list *l, const char *id, const char *name);

#endif
