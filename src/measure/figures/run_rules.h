/* run_rules.h - the rules that a run's status is made of.  Each appends a sentence for every reason that it finds. */
#ifndef FIGURES_RUN_RULES_H
#define FIGURES_RUN_RULES_H

#include "base/buf.h"
#include "figures/analysis.h"

/* Asked-for is not active: what was measured is not what the run claims. */
void rule_placement(const run_analysis *a, buf *out);
void rule_model(const run_analysis *a, buf *out);
void rule_context(const run_analysis *a, buf *out);
void rule_cold_cache(const run_analysis *a, buf *out);
void rule_temperature(const run_analysis *a, buf *out);
void rule_seed(const run_analysis *a, buf *out);
void rule_other_server(const run_analysis *a, buf *out);
void rule_no_tokens(const run_analysis *a, buf *out);

/* The machine disturbed the run. */
void rule_foreign_load(const run_analysis *a, buf *out);
void rule_clock(const run_analysis *a, buf *out);

/* The first few bytes of a text from outside, in quotes, as one line. */
void rule_quote(buf *out, const char *text);

#endif
