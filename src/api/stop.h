/* stop.h - finding stop strings in text that arrives in pieces.
 *
 * Text that could be the beginning of a stop string is held back until it is clear that it is not, so that no part of a
 * matched string is ever shown.  Each stop string is matched by a Knuth-Morris-Pratt automaton: time is linear in the
 * text whatever the strings are.
 */
#ifndef SW_STOP_H
#define SW_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "spillway/error.h"

typedef struct sw_stop_string {
    char *text;
    uint16_t *fail; // fail[i]: length of the longest proper border of text[0..i]
    uint16_t size;
    uint16_t matched; // bytes of `text` that end what was read so far
} sw_stop_string;

typedef struct sw_stop {
    sw_stop_string strings[SW_LIMIT_STOP_STRINGS];
    size_t n;
    sw_buf held; // read and not yet released
    bool has_matched;
} sw_stop;

/* `strings` are copied and must keep the limits of a request.  SW_ENOMEM. */
SW_NODISCARD sw_code sw_stop_init(sw_stop *s, const char *const *strings, size_t n, sw_err *err);
void sw_stop_clear(sw_stop *s);

/* Reads a piece and appends to `out` what is certain not to belong to a stop string.  Returns true when a string is
 * complete: what stood before it is in `out`, it and the rest are dropped, and later pieces are ignored.  Of strings
 * that end at the same byte the longest counts.  Memory trouble shows in out->failed. */
bool sw_stop_feed(sw_stop *s, const char *text, size_t n, sw_buf *out);
/* The text has ended: appends what was held back. */
void sw_stop_flush(sw_stop *s, sw_buf *out);

#endif
