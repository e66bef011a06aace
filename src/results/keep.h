/* keep.h - allocations that live and die together.
 *
 * A loaded run, a parsed protocol and one answer hold many small strings with one lifetime; a keep frees them at once,
 * so that nobody has to list them.
 */
#ifndef SW_KEEP_H
#define SW_KEEP_H

#include <stddef.h>

typedef struct sw_keep sw_keep;

/* NULL when memory is short, here and below. */
sw_keep *sw_keep_create(void);
void sw_keep_free(sw_keep *keep);
void *sw_keep_alloc(sw_keep *keep, size_t size);
/* A copy of s[0..n) with a NUL after it. */
char *sw_keep_copy(sw_keep *keep, const char *s, size_t n);

#endif
