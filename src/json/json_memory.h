/* json_memory.h - jansson's memory: whether an allocation failed, and what keeps its reader safe after that.
 *
 * jansson's reader does not notice that the buffer of the token at hand could not grow, and then reads and writes after
 * the buffer's end.  So while a text is read, an allocation that fails is served from a spare block that was allocated
 * before, and the text ends at this byte.  Nothing of such a document is used.
 */
#ifndef JSON_JSON_MEMORY_H
#define JSON_JSON_MEMORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Begins to load a text of n bytes in this thread.  Returns false if memory is short; nothing has begun then. */
bool json_memory_begin(size_t n);

/* Reads the text as json_loadb does. */
json_t *json_memory_read(const char *text, size_t n, size_t flags, json_error_t *why);

/* Something else that the document needs could not be allocated. */
void json_memory_fail(void);

/* Ends the loading.  Returns true if no allocation failed since its beginning; otherwise frees *root, which may be
 * NULL, and makes it NULL. */
bool json_memory_end(json_t **root);

#endif
