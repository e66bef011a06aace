/* foreign_fields.h - members of chat requests that other servers know and this one does not honour.
 *
 * No option is dropped in silence.  A member that could change the answer must have its neutral value, or the request
 * is refused by its name.  A member that cannot change the answer is either inert, because no client expects an effect
 * that it could notice, or it is named in the header Spillway-Ignored.  A member that no table has is named there too.
 */
#ifndef DIALECTS_FOREIGN_FIELDS_H
#define DIALECTS_FOREIGN_FIELDS_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Looks at one member `name` of the body, which is not null and which no other table has.  Returns false with the fault
 * set if it is refused. */
bool foreign_field_take(generation_request *g, json_reader *r, const char *name, const json_t *value);

/* The same for every member of the body that none of the tables (up to a NULL) has. */
bool foreign_fields_read(generation_request *g, json_reader *r, const json_table *const *tables);

#endif
