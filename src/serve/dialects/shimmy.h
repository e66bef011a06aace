/* shimmy.h - the original project's /api/generate, and the same URL shared with Ollama.
 *
 * Its streams, which are the default, are raw text: an event is a piece of the answer, not a document.  So they have no
 * room for reasoning, which is left out.
 */
#ifndef DIALECTS_SHIMMY_H
#define DIALECTS_SHIMMY_H

#include "dialects/dialect.h"

/* Every body is read as this family's. */
extern const dialect SHIMMY;

/* A body with a member that only Ollama has is OLLAMA_GENERATE's, every other one SHIMMY's. */
extern const dialect SHIMMY_OR_OLLAMA;

/* The same as messages of a WebSocket, which is always a stream: pieces of text, then {"done":true}, or
 * {"error":"..."}. */
extern const dialect SHIMMY_WS;

#endif
