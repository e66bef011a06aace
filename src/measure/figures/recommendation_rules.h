/* recommendation_rules.h - the rules of recommendations: each returns true if it holds, and has set the texts then. */
#ifndef FIGURES_RECOMMENDATION_RULES_H
#define FIGURES_RECOMMENDATION_RULES_H

#include "figures/recommendation.h"

bool advise_less_memory(const situation *s, recommendation *r);
bool advise_cooling(const situation *s, recommendation *r);
bool advise_idle_machine(const situation *s, recommendation *r);
bool advise_smaller_weights(const situation *s, recommendation *r);
bool advise_all_in_vram(const situation *s, recommendation *r);
bool advise_more_threads(const situation *s, recommendation *r);
bool advise_fewer_threads(const situation *s, recommendation *r);
bool advise_thread_search(const situation *s, recommendation *r);
bool advise_offloading(const situation *s, recommendation *r);
bool advise_penalty(const situation *s, recommendation *r);
bool advise_no_loss(const situation *s, recommendation *r);
bool advise_quality(const situation *s, recommendation *r);

#endif
