/* delta.h - the text in one piece of an answer, in all shapes that servers give it.
 *
 * Text is a string, a part ({"type": "text", "text": ".."}, {"type": "thinking", "thinking": ..}, {"type": "refusal",
 * "refusal": ".."}), or a list of them; reasoning has three names.
 */
#ifndef CLIENT_DELTA_H
#define CLIENT_DELTA_H

#include <jansson.h>

#include "base/buf.h"

/* Appends what `delta` (an object; anything else holds nothing) adds to the answer and to its reasoning. */
void delta_put(const json_t *delta, buf *text, buf *reasoning);
/* Appends a JSON string; nothing for other values.  A NUL is legal JSON, but would end the text early for every reader
 * of a C string: it becomes U+FFFD. */
void delta_put_string(buf *out, const json_t *string);

#endif
