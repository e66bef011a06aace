/* generation_fields.h - members that the request bodies of several families share. */
#ifndef DIALECTS_GENERATION_FIELDS_H
#define DIALECTS_GENERATION_FIELDS_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Sampling, seed and stop strings; the target is a generation_request. */
extern const json_table GENERATION_FIELDS;

/* Begins a request: the defaults, a seed from `random` (64 bits), and the loaded document.  Returns false with the
 * fault set. */
bool generation_begin(generation_request *out, json_reader *r, const char *body, size_t n, uint64_t random);

/* Ends it.  If all members were read, completes the request (top_p 0 is greedy decoding); otherwise empties it, with
 * *error filled from the reader's fault.  Returns is_read. */
bool generation_end(generation_request *g, const json_reader *r, bool is_read, api_error *error);

/* Adds a name to g->ignored, once.  Bytes that no header may hold become '?', a long name is cut, and what does not fit
 * into the list becomes "...". */
void generation_ignore(generation_request *g, const char *name);

/* Adds the members of `object` that are not null and that `table` does not have, as "WHERE.NAME". */
void generation_ignore_unknown(generation_request *g, const char *where, const json_t *object, const json_table *table);

/* The API's error for a fault of the reader. */
void generation_fail(api_error *error, const json_fault *fault);

/* ---- members that several families read ------------------------------------------------------------------------- */

/* The largest number of tokens of an answer: -1 is "until the context is full"; 0, if f->min allows it, only evaluates
 * the prompt. */
bool take_max_tokens(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* Stop strings under any name; a request may have them once. */
bool generation_take_stop(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

/* ---- members that are known but not supported: only a neutral value passes -------------------------------------- */

/* A number that must have its smallest value, f->min. */
bool take_neutral_number(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
bool take_neutral_false(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* An empty array or object. */
bool take_neutral_empty(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* A member that changes nothing here, whatever its value: only its type is checked. */
bool take_inert_bool(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* The same without a check, for members that other servers write or keep for themselves. */
bool take_inert(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* A member that the caller reads after the table. */
bool generation_take_later(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                           void *target);
/* "<path> is not supported by this build" */
bool fail_unsupported(json_reader *r, const json_place *at);

#endif
