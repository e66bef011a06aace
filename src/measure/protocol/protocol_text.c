/* protocol_text.c - the hash of a protocol's text, and errors in it.
 *
 * Hash: FNV-1a, 64 bits (Fowler, Noll, Vo).
 */
#include "protocol/protocol_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "json/json_line.h"

void protocol_hash(const char *text, size_t n, char out[PROTOCOL_HASH_BYTES])
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    snprintf(out, PROTOCOL_HASH_BYTES, "fnv1a64:%016" PRIx64, h);
}

static sw_code code_of(json_fault_kind kind)
{
    return kind == JSON_FAULT_SIZE ? SW_ELIMIT : kind == JSON_FAULT_MEMORY ? SW_ENOMEM : SW_EFORMAT;
}

/* Faults of syntax have the line in their message. */
sw_code protocol_fault(const json_reader *r, const char *json, size_t n, const char *source, sw_err *err)
{
    if (r->fault.path[0] == '\0')
        return sw_fail(err, code_of(r->fault.kind), "%s: %s", source, r->fault.message);
    return sw_fail(err, code_of(r->fault.kind), "%s: line %d: %s", source, json_line_of(json, n, r->fault.path),
                   r->fault.message);
}
