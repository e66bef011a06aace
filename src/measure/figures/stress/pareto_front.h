/* pareto_front.h - settings that no other setting beats: less memory, more speed.  Pure. */
#ifndef STRESS_PARETO_FRONT_H
#define STRESS_PARETO_FRONT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pareto_point {
    double cost, gain; // bytes of VRAM; tokens/s.  A NAN: never on the front
    bool is_on_front;  // set: no other costs at most as much and gains at least as much, one of both more
} pareto_point;

/* Sets is_on_front of all; returns how many are. */
size_t pareto_front(pareto_point *points, size_t n);

#endif
