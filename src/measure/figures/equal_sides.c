/* equal_sides.c - where experts are, and of mixed ones how many bytes of them are in VRAM. */
#include "figures/equal_sides.h"

#include <string.h>

const char *sides_experts_place(const run_record *run, int subject, int server)
{
    const fact_record *const f = server >= 0 ? run_fact(run, subject, server, FACT_EXPERTS_VERIFIED) : NULL;
    return f != NULL && strcmp(f->text, "not known") != 0 ? f->text : NULL;
}

static uint64_t experts_in_vram(const run_record *run, int server)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const r = &run->placement[i];
        if (r->server == server && strcmp(r->tensor_class, "experts") == 0 && strcmp(r->tier, "vram") == 0)
            bytes += r->bytes;
    }
    return bytes;
}

bool sides_are_equal(const run_record *run, int subject, int server_a, int server_b)
{
    const char *const of_a = sides_experts_place(run, subject, server_a);
    const char *const of_b = sides_experts_place(run, subject, server_b);
    if (of_a == NULL || of_b == NULL || strcmp(of_a, of_b) != 0)
        return false;
    return strcmp(of_a, "mixed") != 0 || experts_in_vram(run, server_a) == experts_in_vram(run, server_b);
}
