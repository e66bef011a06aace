/* refusal.h - whether a server's first answer shows that it would refuse all others too. */
#ifndef SUITE_REFUSAL_H
#define SUITE_REFUSAL_H

#include "client/target.h"
#include "results/record.h"
#include "spillway/error.h"

/* `listed`: the models that the server lists, none if that is not known.  Error: SW_EUNSUPPORTED, if going on with this
 * model makes no sense. */
SW_NODISCARD sw_code refusal_check(const chat_target *target, const model_list *listed, const char *model,
                                   const test_record *first, sw_err *err);

#endif
