/* placement_table.h - spillway's own table of where the bytes of a model are, as a server answers it.
 *
 * The rows come from the addresses of the weights (GET /v1/placement), so they can verify what was asked for; but they
 * come over the wire, from a server that may be anything, and are read with bounds.
 */
#ifndef HOSTS_PLACEMENT_TABLE_H
#define HOSTS_PLACEMENT_TABLE_H

#include <jansson.h>

#include "base/buf.h"
#include "hosts/experts_place.h"
#include "hosts/fact_list.h"
#include "spillway.h"

/* One model's object of the document's "data": that with this name, or the only one.  NULL: there is none. */
const json_t *placement_table_of(const json_t *document, const char *model);

/* Rows of classes and tiers with source "allocations", keys and values and working memory among them; server is not
 * set.  *out is in the keep; *n_out 0: the document has no table.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code placement_table_rows(const json_t *table, arena *keep, placement_row **out, size_t *n_out,
                                          sw_err *err);

/* Looks at every expert of a table with detail=experts.  Those of which a cache may have copies in VRAM are not in RAM
 * alone, whatever it holds at the moment: the answer is "mixed".  `evidence` gets a sentence, which names layer and
 * number of experts that are apart from the most. */
experts_place placement_table_experts(const json_t *table, buf *evidence);

/* Puts what the table says of threads, context, keys and values, and the effect of placement options. */
void placement_table_facts(const json_t *table, fact_list *facts);

#endif
