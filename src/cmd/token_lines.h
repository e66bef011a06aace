/* token_lines.h - sequences of token ids as text: ids separated by commas, a sequence on each line. */
#ifndef CMD_TOKEN_LINES_H
#define CMD_TOKEN_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

/* The ids of all sequences, one sequence after the other. */
typedef struct token_lines {
    int32_t *ids; // (n_ids)
    size_t *ends; // (n_lines): where each sequence ends in `ids`; none is empty
    size_t n_ids, n_lines;
    size_t cap_ids, cap_lines;
} token_lines;

/* Appends the sequences of a text; white space is allowed, empty lines are left out.  `lines` begins as zeros and is
 * freed by token_lines_free, after a failure too.  Errors: SW_EINVAL (what is no id, or there is none), SW_ENOMEM. */
SW_NODISCARD sw_code token_lines_parse(token_lines *lines, const char *text, sw_err *err);
/* Appends one sequence of n > 0 ids.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code token_lines_put(token_lines *lines, const int32_t *ids, size_t n, sw_err *err);
void token_lines_free(token_lines *lines);

/* The first id of sequence i, and in *n_out how many it has. */
const int32_t *token_lines_at(const token_lines *lines, size_t i, size_t *n_out);
/* The number of ids of the longest sequence. */
size_t token_lines_longest(const token_lines *lines);

#endif
