/* fault_judges.h - one function per fault: sets p_value, effect, at and n of its row, which are NAN and 0 before. */
#ifndef STRESS_FAULT_JUDGES_H
#define STRESS_FAULT_JUDGES_H

#include "figures/stress/fault_request.h"
#include "spillway/error.h"

SW_NODISCARD sw_code fault_judge_leak(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_slowing(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_unfair(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_unused(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_loops(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_changed(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_usage(const fault_world *world, fault_row *row, sw_err *err);
SW_NODISCARD sw_code fault_judge_forgets(const fault_world *world, fault_row *row, sw_err *err);

#endif
