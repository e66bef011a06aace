/* protocol_text.h - what protocols of all kinds have in common as texts: their hash, and where a fault is. */
#ifndef PROTOCOL_PROTOCOL_TEXT_H
#define PROTOCOL_PROTOCOL_TEXT_H

#include "json/json_fields.h"

enum { PROTOCOL_HASH_BYTES = 32 };

/* "fnv1a64:0123456789abcdef": a short name for a text, not a defence against forgery. */
void protocol_hash(const char *text, size_t n, char out[PROTOCOL_HASH_BYTES]);
/* The error of the reader's fault in json[0..n), with its line where the fault is in a member. */
sw_code protocol_fault(const json_reader *r, const char *json, size_t n, const char *source, sw_err *err);

#endif
