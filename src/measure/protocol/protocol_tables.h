/* protocol_tables.h - the members that a protocol may have, read by tables into the structs of protocol_plan.h. */
#ifndef PROTOCOL_PROTOCOL_TABLES_H
#define PROTOCOL_PROTOCOL_TABLES_H

#include "protocol/protocol_plan.h"
#include "json/json_fields.h"

/* A test as it is written; its prompt is one of three. */
typedef struct test_fields {
    protocol_test test;
    const char *prompt, *prompt_file; // NULL: not given
    int filler_tokens;                // before the prompt; 0: none
    int64_t filler_seed;
} test_fields;

/* Everything but the tests.  `settings` are the defaults before. */
typedef struct protocol_fields {
    int64_t version;
    const char *name, *description;
    protocol_settings settings;
    bool has_warmup;
    test_fields warmup;
} protocol_fields;

/* Each returns false with the fault in the reader. */
bool protocol_read_fields(json_reader *r, const json_t *root, protocol_fields *out);
bool protocol_read_test(json_reader *r, const json_place *at, const json_t *value, test_fields *out);

/* Settings of a protocol that gives none. */
protocol_settings protocol_default_settings(void);

#endif
