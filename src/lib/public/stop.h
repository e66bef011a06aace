/* stop.h - finding stop strings in text that arrives in pieces.
 *
 * Text that could be the start of a stop string is held back until it is certain that it is not, so no part of a
 * matched string is ever delivered.  Each stop string is matched by a Knuth-Morris-Pratt automaton: time is linear in
 * the text whatever the strings are.
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
    uint16_t matched; // bytes of `text` that the text read so far ends with
} stop_string;

typedef struct stop_matcher {
    stop_string strings[LIMIT_STOP_STRINGS];
    size_t n;
    buf held; // read but not yet certain
    bool has_matched;
    size_t which; // once it has: the string that ended the text; of equal ones the first
} stop_matcher;

/* `strings` are copied and must keep the limits of a request.  SW_ENOMEM. */
SW_NODISCARD sw_code stop_init(stop_matcher *s, const char *const *strings, size_t n, sw_err *err);
void stop_clear(stop_matcher *s);

/* Reads a piece and appends the text that is certainly not part of a stop string to `out`.  Returns true once a string
 * is complete: the text before it is in `out`, it and the rest are dropped, and later pieces are ignored.  Of strings
 * that end at the same byte the longest counts.  out->failed shows missing memory. */
bool stop_feed(stop_matcher *s, const char *text, size_t n, buf *out);
/* The text has ended: appends what was held back. */
void stop_flush(stop_matcher *s, buf *out);

#endif
