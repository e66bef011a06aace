/* member.h - members of documents that servers answer with, read without trust.
 *
 * A member that is missing, of another type or beyond what a sane server says is NAN or NULL: a lying server costs a
 * fact and nothing else.
 */
#ifndef HOSTS_MEMBER_H
#define HOSTS_MEMBER_H

#include <jansson.h>

/* The member at `path` ("kv.tiers.ram"); NULL: there is none. */
const json_t *member_at(const json_t *document, const char *path);
/* A number of at least 0 and at most 2^53, which a double holds; else NAN. */
double member_number(const json_t *document, const char *path);
/* A number of any sign, such as a setting of a sampler; else NAN. */
double member_setting(const json_t *document, const char *path);
/* A text that is not empty; else NULL.  It belongs to the document. */
const char *member_text(const json_t *document, const char *path);

#endif
