/* ws_script.h - WebSocket frames in a short notation, so that a test case is one line of text.
 *
 * Frames are separated by blanks.  A frame is a letter and its payload: T text, B binary, K continuation, C Close, P
 * Ping, O Pong; in lower case the frame is not final; #N is the opcode with hexadecimal digit N.  The payload is any
 * number of 'text', <hexadecimal bytes>, *N (so many asterisks) and, in a Close, the code in decimal digits.  Before
 * the letter: ! not masked, =N reserved bits 1 to 7, ~N announces N bytes more than there are, ^2 and ^8 a length in 2
 * or 8 bytes where a shorter form would do.  x followed by hexadecimal digits is those bytes and no frame.
 *
 *      t'Hel' P K'lo' C1000'bye'
 */
#ifndef TEST_WS_SCRIPT_H
#define TEST_WS_SCRIPT_H

#include "base/buf.h"

/* Appends the frames as bytes: a client's, each masked with a key of its own, or those that the server of
 * http_fixture.h answers, where B is the text of ws_script_sum. */
void ws_script_write(buf *out, const char *script, bool is_client);

/* The number and the sum of bytes, as text. */
void ws_script_sum(char out[64], const char *data, size_t n);

#endif
