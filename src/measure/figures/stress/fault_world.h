/* fault_world.h - a stress run as the search for faults sees it. */
#ifndef STRESS_FAULT_WORLD_H
#define STRESS_FAULT_WORLD_H

#include "figures/stress/fault_request.h"
#include "figures/stress/stress_rows.h"

typedef struct fault_record {
    fault_world world;
    fault_request *requests; // what `world` shows
    memory_sample *samples;
    uint64_t *counts;
} fault_record;

/* Free it with fault_record_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code fault_record_of(const stress_rows *rows, fault_record *out, sw_err *err);
void fault_record_free(fault_record *record);

#endif
