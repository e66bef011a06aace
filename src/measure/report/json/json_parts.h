/* json_parts.h - the members of the JSON report, one function each.
 *
 * A figure that does not exist is null.  Each function returns a new document, or NULL when memory is short; what would
 * hold it is then NULL too, and json_append reports it.
 */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include <jansson.h>

#include "base/buf.h"
#include "figures/criteria.h"
#include "json/json_out.h"

/* ---- values ---- */
json_t *json_of_integer(int64_t value); // below 0 (not told): null
/* Texts of a command line need not be UTF-8; such a one becomes U+FFFD. */
json_t *json_of_text(const char *text);
json_t *json_of_stats(const sample_stats *stats);

/* ---- parts ---- */
json_t *json_of_run(const run_record *run);
json_t *json_of_servers(const run_record *run);
/* The facts about exactly this subject and server, by name. */
json_t *json_of_facts(const run_record *run, int subject, int server);
json_t *json_of_model(const run_analysis *a, const criteria_list *criteria, const subject_analysis *s);
/* Members of a model. */
json_t *json_of_modes(const run_analysis *a, const subject_analysis *s);
json_t *json_of_readiness(const run_analysis *a, const criteria_list *criteria, const subject_analysis *s);
json_t *json_of_recommendations(const run_analysis *a, const criteria_list *criteria, const subject_analysis *s);
json_t *json_of_preservation(const subject_analysis *s);
json_t *json_of_stress(const struct stress_analysis *x);
json_t *json_of_test(const run_analysis *a, const summary_row *row);
/* Unit and meaning of every figure, by the object that has it. */
json_t *json_of_definitions(void);
/* Puts "reviews" into the report, which is taken over and returned, if people gave any. */
json_t *json_with_reviews(json_t *report, const run_analysis *a);

/* Appends the document and releases it; `flags` are jansson's.  "<" and hidden characters are escaped, so that it is
 * safe inside HTML and on a terminal. */
SW_NODISCARD sw_code json_append(buf *out, json_t *document, size_t flags, sw_err *err);

#endif
