/* equal_sides.h - whether two servers had their experts in one place, whatever was asked for.  Pure. */
#ifndef FIGURES_EQUAL_SIDES_H
#define FIGURES_EQUAL_SIDES_H

#include "results/record.h"

/* "in RAM", "in VRAM" or "mixed"; NULL: not known.  server: a position in run_record.servers, or -1. */
const char *sides_experts_place(const run_record *run, int subject, int server);
/* Returns true if both servers reported it and it is the same. */
bool sides_are_equal(const run_record *run, int subject, int server_a, int server_b);

#endif
