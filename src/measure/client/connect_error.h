/* connect_error.h - why a connection failed, in words that name what to try. */
#ifndef CLIENT_CONNECT_ERROR_H
#define CLIENT_CONNECT_ERROR_H

enum { CONNECT_ERROR_BYTES = 400 };

/* A sentence that names the address `base` and what failed: no server, TLS, a protocol that is not HTTP.  `verdict` is
 * curl's (a CURLcode), `detail` its error buffer. */
void connect_error_text(char out[CONNECT_ERROR_BYTES], const char *base, int verdict, const char *detail);
/* curl's own words: `detail`, or what its code means. */
const char *connect_error_reason(int verdict, const char *detail);

#endif
