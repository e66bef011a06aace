/* fact_list.h - facts as they are found, one after the other, about a model, a server or the machine.
 *
 * A fact that is not known is not put: no number for it, no text.  One that is put again replaces the earlier one.
 * Errors stick: a list that ran out of memory stays
 * short, and `failed` says so.
 */
#ifndef HOSTS_FACT_LIST_H
#define HOSTS_FACT_LIST_H

#include "base/arena.h"
#include "results/record.h"

typedef struct fact_list {
    arena *keep; // of everything that is put
    fact_record *items;
    size_t n, cap;
    bool failed; // memory ran out
} fact_list;

void fact_list_init(fact_list *list, arena *keep);
/* NAN and infinities put nothing. */
void fact_list_number(fact_list *list, fact_name name, double number, const char *source);
/* The same with a text beside the number, such as its interval. */
void fact_list_number_text(fact_list *list, fact_name name, double number, const char *text, const char *source);
/* NULL and "" put nothing.  The text is copied, at most 400 bytes of it, as valid UTF-8; `source` is static. */
void fact_list_text(fact_list *list, fact_name name, const char *text, const char *source);

#endif
