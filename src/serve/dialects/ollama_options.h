/* ollama_options.h - sampling and durations as Ollama writes them. */
#ifndef DIALECTS_OLLAMA_OPTIONS_H
#define DIALECTS_OLLAMA_OPTIONS_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* The member `options`.  Sampling is honoured; what another server would load a model with, such as num_ctx, is ignored
 * and named. */
bool ollama_take_options(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

/* The member `keep_alive`: a number of seconds, or a duration in a string: "1h30m", "300ms", "5", "-1".  Every negative
 * one means for ever. */
bool ollama_take_keep_alive(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target);

#endif
