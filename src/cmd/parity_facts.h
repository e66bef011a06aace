/* parity_facts.h - what two sides of `spillway parity` are, in effect, and in which of it they differ. */
#ifndef CMD_PARITY_FACTS_H
#define CMD_PARITY_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { PARITY_FACTS_MAX = 16, PARITY_FACT_BYTES = 96 };

/* One fact of both sides. */
typedef struct parity_fact {
    const char *name; // "threads", ...; static
    char a[PARITY_FACT_BYTES], b[PARITY_FACT_BYTES];
    bool differs;
} parity_fact;

typedef struct parity_facts {
    parity_fact items[PARITY_FACTS_MAX];
    size_t n, n_different;
} parity_facts;

/* From the heads of both sides (logits_head.h) and the hashes of their programs, NULL if these are not known.  What is
 * missing in a head is "unknown". */
void parity_facts_read(parity_facts *out, const json_t *a, const json_t *b, const char *program_a,
                       const char *program_b);

#endif
