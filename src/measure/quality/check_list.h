/* check_list.h - what a good answer to a test must hold, as data: the list "checks" of a protocol's test.
 *
 * A list is read strictly once, with the path of the offending field in errors, and then tried on any number of
 * answers. Checks that run code do so in a sandbox (sandbox.h); where there is none, they are CHECK_NOT_RUN with the
 * reason.
 */
#ifndef QUALITY_CHECK_LIST_H
#define QUALITY_CHECK_LIST_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/clock.h"
#include "results/record.h"
#include "json/json_fields.h"

typedef struct check_list check_list;

/* Reads the JSON list at `at`; texts are copied to r->keep, which owns *out.  False: the fault is in the reader. */
bool check_list_read(json_reader *r, const json_place *at, const json_t *value, const check_list **out);
size_t check_list_size(const check_list *list);

typedef struct check_options {
    const sw_clock *clock;     // of the time that code may take; NULL: the system's
    const atomic_bool *cancel; // may be NULL
    bool run_code;             // false: checks that run code are not run
} check_options;

/* Tries the list (NULL: none) on an answer.  *out is a list of check_list_size records in `keep`.  Error: SW_ENOMEM,
 * SW_ECANCELED. */
SW_NODISCARD sw_code check_list_try(const check_list *list, const answer_record *answer, const check_options *options,
                                    arena *keep, check_record **out, sw_err *err);

#endif
