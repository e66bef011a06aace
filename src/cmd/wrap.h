/* wrap.h - text that arrives in pieces, broken at spaces into lines of a terminal.
 *
 * Words are never cut, lines of code (between ``` or indented by four spaces or a tab) and of tables are left as they
 * are, and no letter but a space at a break is lost.  A word is held back until it is complete.
 */
#ifndef CMD_WRAP_H
#define CMD_WRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

typedef struct wrap {
    int columns;      // of the terminal; 0: nothing is broken
    int column;       // where the last line of the output ends
    int n_spaces;     // after it, not yet written
    buf word;         // held back
    int word_columns; // its width
    bool is_code;     // between ```
    bool is_first;    // nothing of this line was written
    bool keeps_line;  // this line is left as it is
} wrap;

void wrap_init(wrap *w, int columns);
void wrap_free(wrap *w);
/* Appends text[0..n), which is UTF-8, to `out` as far as its place is decided. */
void wrap_text(wrap *w, const char *text, size_t n, buf *out);
/* Appends what was held back; the next text goes on behind it. */
void wrap_flush(wrap *w, buf *out);

/* Columns that a character takes on a terminal: 0, 1 or 2. */
int wrap_char_columns(unsigned cp);

#endif
