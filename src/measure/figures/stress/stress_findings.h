/* stress_findings.h - the figures of a stress run of one model, from its record.  Pure.
 */
#ifndef STRESS_STRESS_FINDINGS_H
#define STRESS_STRESS_FINDINGS_H

#include "figures/stress/stress_figures.h"
#include "figures/stress/stress_rows.h"

/* All that the run has; the others stay missing, with the reason.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code stress_findings_of(const stress_rows *rows, stress_figures *out, sw_err *err);

/* ---- parts of it ------------------------------------------------------------------------------------------------- */

SW_NODISCARD sw_code findings_speed(const stress_rows *rows, stress_figures *out, sw_err *err);
SW_NODISCARD sw_code findings_memory(const stress_rows *rows, stress_figures *out, sw_err *err);
SW_NODISCARD sw_code findings_sessions(const stress_rows *rows, stress_figures *out, sw_err *err);
SW_NODISCARD sw_code findings_consistency(const stress_rows *rows, stress_figures *out, sw_err *err);
SW_NODISCARD sw_code findings_answers(const stress_rows *rows, stress_figures *out, sw_err *err);

#endif
