/* run_objectives.h - the objectives that a run was asked to judge its answers by, from its facts. */
#ifndef REPORT_RUN_OBJECTIVES_H
#define REPORT_RUN_OBJECTIVES_H

#include "figures/metrics.h"
#include "results/record.h"

/* NAN: none. */
static inline objectives run_objectives(const run_record *run)
{
    return (objectives){.ttft_ms = run_number(run, -1, -1, FACT_OBJECTIVE_TTFT_MS),
                        .tpot_ms = run_number(run, -1, -1, FACT_OBJECTIVE_TPOT_MS),
                        .itl_p99_ms = run_number(run, -1, -1, FACT_OBJECTIVE_ITL_P99_MS),
                        .e2e_ms = run_number(run, -1, -1, FACT_OBJECTIVE_E2E_MS)};
}

#endif
