/* stop.h - finding stop strings in text that arrives in pieces.
 *
 * Text that could be the beginning of a stop string is held back until it is clear that it is not, so that no part of a
 * matched string is ever shown.  Each stop string is matched by a Knuth-Morris-Pratt automaton: time is linear in the
 * text whatever the strings are.
 */
#ifndef PUBLIC_STOP_H
#define PUBLIC_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "spillway/error.h"

typedef struct stop_string {
    char *text;
    uint16_t *fail; // fail[i]: length of the longest proper border of text[0..i]
    uint16_t size;
    uint16_t matched; // bytes of `text` that end what was read so far
} stop_string;

typedef struct stop_matcher {
    stop_string strings[LIMIT_STOP_STRINGS];
    size_t n;
    buf held; // read and not yet released
    bool has_matched;
} stop_matcher;

/* `strings` are copied and must keep the limits of a request.  SW_ENOMEM. */
SW_NODISCARD sw_code stop_init(stop_matcher *s, const char *const *strings, size_t n, sw_err *err);
void stop_clear(stop_matcher *s);

/* Reads a piece and appends to `out` what is certain not to belong to a stop string.  Returns true when a string is
 * complete: what stood before it is in `out`, it and the rest are dropped, and later pieces are ignored.  Of strings
 * that end at the same byte the longest counts.  Memory trouble shows in out->failed. */
bool stop_feed(stop_matcher *s, const char *text, size_t n, buf *out);
/* The text has ended: appends what was held back. */
void stop_flush(stop_matcher *s, buf *out);

#endif
