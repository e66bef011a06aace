/* stress_tables.h - the members that a suite, its prompts and its stages may have. */
#ifndef STRESS_STRESS_TABLES_H
#define STRESS_STRESS_TABLES_H

#include "stress/stress_plan.h"
#include "json/json_fields.h"

/* Each returns false with the fault in the reader. */
bool stress_read_stage(json_reader *r, const json_place *at, const json_t *value, stress_stage *out);
bool stress_read_suite(json_reader *r, const json_place *at, const json_t *value, stress_suite *out);

/* Returns true if it is a list of 1 to max elements. */
bool stress_is_list(json_reader *r, const json_place *at, const json_t *value, size_t max);

#endif
