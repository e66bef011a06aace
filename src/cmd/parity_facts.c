/* parity_facts.c - a table of members, and the placement as the rows of weights that are elsewhere. */
#include "cmd/parity_facts.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Facts that are one member: "name" or "object.name". */
static const struct {
    const char *name, *object, *member;
} MEMBERS[] = {
    {"version", NULL, "spillway"},     {"backend", "compute", "backend"}, {"instruction set", "compute", "isa"},
    {"threads", "compute", "threads"}, {"batch", "compute", "batch"},     {"keys and values", "kv", "type"},
    {"context", "kv", "tokens"},       {"follows", NULL, "follows"},
};

static parity_fact *add(parity_facts *facts, const char *name)
{
    parity_fact *const f = &facts->items[facts->n++];
    *f = (parity_fact){.name = name};
    return f;
}

static void end(parity_facts *facts, parity_fact *f, bool differs)
{
    f->differs = differs;
    facts->n_different += differs;
}

static void write_value(char out[PARITY_FACT_BYTES], const json_t *value)
{
    if (json_is_string(value))
        snprintf(out, PARITY_FACT_BYTES, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out, PARITY_FACT_BYTES, "%" PRId64, (int64_t)json_integer_value(value));
    else
        snprintf(out, PARITY_FACT_BYTES, "unknown");
}

static void add_members(parity_facts *facts, const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++) {
        const char *const object = MEMBERS[i].object;
        const json_t *const x = json_object_get(object != NULL ? json_object_get(a, object) : a, MEMBERS[i].member);
        const json_t *const y = json_object_get(object != NULL ? json_object_get(b, object) : b, MEMBERS[i].member);
        if (strcmp(MEMBERS[i].name, "follows") == 0 && (x == y || (x != NULL && y != NULL && json_equal(x, y))))
            continue; // a sentence, which says nothing if both have it
        parity_fact *const f = add(facts, MEMBERS[i].name);
        write_value(f->a, x);
        write_value(f->b, y);
        end(facts, f, x == NULL || y == NULL || !json_equal(x, y));
    }
}

/* The bytes of weights that are in a tier; class NULL: of all classes. */
static void write_bytes(char out[PARITY_FACT_BYTES], const json_t *head, const char *tier, const char *class)
{
    const json_t *const weights = json_object_get(head, "weights");
    double bytes = 0;
    for (size_t i = 0; i < json_array_size(weights); i++) {
        const json_t *const row = json_array_get(weights, i);
        const char *const in = json_string_value(json_object_get(row, "effective"));
        const char *const of = json_string_value(json_object_get(row, "class"));
        if (in != NULL && of != NULL && strcmp(in, tier) == 0 && (class == NULL || strcmp(of, class) == 0))
            bytes += (double)json_integer_value(json_object_get(row, "bytes"));
    }
    snprintf(out, PARITY_FACT_BYTES, "%.2f MB", bytes / 1e6);
}

static void add_bytes(parity_facts *facts, const char *name, const json_t *a, const json_t *b, const char *tier,
                      const char *class)
{
    parity_fact *const f = add(facts, name);
    write_bytes(f->a, a, tier, class);
    write_bytes(f->b, b, tier, class);
    end(facts, f, strcmp(f->a, f->b) != 0);
}

/* Where each row of weights is, and where keys and values are: what was asked for does not count. */
static json_t *where(const json_t *head)
{
    json_t *const rows = json_deep_copy(json_object_get(head, "weights"));
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_object_del(json_array_get(rows, i), "requested");
    return rows;
}

static void add_placement(parity_facts *facts, const json_t *a, const json_t *b)
{
    json_t *const x = where(a), *const y = where(b);
    const json_t *const kv_a = json_object_get(json_object_get(a, "kv"), "tiers");
    const json_t *const kv_b = json_object_get(json_object_get(b, "kv"), "tiers");
    const bool is_vram = json_integer_value(json_object_get(kv_a, "vram")) > 0;
    const bool differs = !json_equal(x, y) || is_vram != (json_integer_value(json_object_get(kv_b, "vram")) > 0);
    parity_fact *const f = add(facts, "placement");
    snprintf(f->a, sizeof f->a, "%zu groups of weights", json_array_size(x));
    snprintf(f->b, sizeof f->b, "%zu groups of weights", json_array_size(y));
    end(facts, f, differs);
    json_decref(x);
    json_decref(y);
}

static void write_masked(char out[PARITY_FACT_BYTES], const json_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        n += json_array_size(json_object_get(json_array_get(rows, i), "experts"));
    snprintf(out, PARITY_FACT_BYTES, "%zu", n);
}

/* Where neither side masks experts it says nothing. */
static void add_masked(parity_facts *facts, const json_t *a, const json_t *b)
{
    const json_t *const x = json_object_get(a, "masked_experts"), *const y = json_object_get(b, "masked_experts");
    if (x == NULL && y == NULL)
        return;
    parity_fact *const f = add(facts, "masked experts");
    write_masked(f->a, x);
    write_masked(f->b, y);
    end(facts, f, x == NULL || y == NULL || !json_equal(x, y));
}

/* A program's hash as its first digits. */
static void add_programs(parity_facts *facts, const char *a, const char *b)
{
    enum { SHOWN = 12 };
    const char *const at_a = strchr(a, ':'), *const at_b = strchr(b, ':');
    parity_fact *const f = add(facts, "program");
    snprintf(f->a, sizeof f->a, "%.*s", SHOWN, at_a != NULL ? at_a + 1 : a);
    snprintf(f->b, sizeof f->b, "%.*s", SHOWN, at_b != NULL ? at_b + 1 : b);
    end(facts, f, strcmp(a, b) != 0);
}

void parity_facts_read(parity_facts *out, const json_t *a, const json_t *b, const char *program_a,
                       const char *program_b)
{
    *out = (parity_facts){.n = 0};
    if (program_a != NULL && program_b != NULL)
        add_programs(out, program_a, program_b);
    add_members(out, a, b);
    add_bytes(out, "weights in RAM", a, b, "ram", NULL);
    add_bytes(out, "weights in VRAM", a, b, "vram", NULL);
    add_bytes(out, "experts in VRAM", a, b, "vram", "experts");
    add_placement(out, a, b);
    add_masked(out, a, b);
}
