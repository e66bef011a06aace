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

/* Puts the members that a chunk has about the answer so far: usage and timings, if each chunk is to have them, and an
 * empty usage if a later chunk has it.  `event`: the engine's, or one with the prompt's counts. */
void openai_put_so_far(json_t **chunk, const generation_head *head, const sw_event *event);

/* Puts the ids of the sampled tokens (NULL: they were not asked for) into a choice. */
void openai_put_token_ids(json_t **choice, const int32_t *ids, const sw_event *done);

/* Puts the members that an answer has once beside usage: the seed of answer number `choice`, how it was sampled,
 * timings, and the experts that were used, if they are known. */
void openai_put_figures(json_t **document, const generation_head *head, size_t choice, const sw_event *done);

#endif
