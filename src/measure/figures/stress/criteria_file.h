/* criteria_file.h - criteria as files have them: a list of names, each with conditions on figures.
 *
 * `protocols/stress/criteria.json` is built in; a user's file adds to it, or has other bounds.  The list in effect is
 * part of the protocol that a run stores, so that verdicts of stored runs do not change with these files.  Pure.
 */
#ifndef STRESS_CRITERIA_FILE_H
#define STRESS_CRITERIA_FILE_H

#include "figures/stress/stress_criteria.h"
#include "results/record.h"
#include "json/json_fields.h"

/* A list of criteria into *out, which is replaced.  Returns false with the fault in the reader: an unknown figure, a
 * condition without a bound or with two, a name that comes twice, needs that nothing follows. */
bool stress_criteria_read(json_reader *r, const json_place *at, const json_t *list, stress_criteria *out);
/* The list as it is read; a new reference, NULL when memory is short. */
json_t *stress_criteria_json(const stress_criteria *criteria);

/* Those of criteria.json.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code stress_criteria_built_in(stress_criteria *out, sw_err *err);
/* Those that the protocol of a run has; the built-in ones if it has none.  Errors: SW_EFORMAT, SW_ENOMEM. */
SW_NODISCARD sw_code stress_criteria_of_run(const run_info *info, stress_criteria *out, sw_err *err);
/* Puts each of `more` in the place of the one with its name, or at the end.  Error: SW_ELIMIT. */
SW_NODISCARD sw_code stress_criteria_join(stress_criteria *criteria, const stress_criteria *more, sw_err *err);

#endif
