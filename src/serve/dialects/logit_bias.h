/* logit_bias.h - what is added to the logits of single tokens, in the two forms that clients write. */
#ifndef DIALECTS_LOGIT_BIAS_H
#define DIALECTS_LOGIT_BIAS_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads {"ID":BIAS} (OpenAI's) or [[ID, BIAS], [ID, false]] (llama-server's; false bans the token) into the request;
 * f->min .. f->max is the range of a bias, and false is f->min.  Returns false with the fault set. */
bool logit_bias_take(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

#endif
