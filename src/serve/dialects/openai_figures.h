/* openai_figures.h - counts, durations and reasons that the answers of several families share. */
#ifndef DIALECTS_OPENAI_FIGURES_H
#define DIALECTS_OPENAI_FIGURES_H

#include "dialects/dialect.h"

/* "stop" or "length". */
const char *openai_finish_name(sw_finish finish);

/* {"prompt_tokens":..., "completion_tokens":..., ...} */
json_t *openai_usage_json(const sw_event *done);

/* llama-server's object, and what spillway adds to it. */
json_t *openai_timings_json(const generation_head *head, const sw_event *done);

/* How far the evaluation of a prompt is: an event PROGRESS, time_ms after the answer was accepted. */
json_t *openai_progress_json(const sw_event *event, double time_ms);

/* Puts the members that an answer has once beside usage: the seed of answer number `choice`, timings, and
 * the experts that were used, if they are known. */
void openai_put_figures(json_t **document, const generation_head *head, size_t choice, const sw_event *done);

#endif
