/* subject_list.h - the models of a run, found in files, folders or at a server, in the protocol's order: DeepSeek,
 * gpt-oss, Phi-3.5-MoE, then others as they were named.
 */
#ifndef HOSTS_SUBJECT_LIST_H
#define HOSTS_SUBJECT_LIST_H

#include "base/arena.h"
#include "base/buf.h"
#include "client/target.h"
#include "hosts/bench_subject.h"
#include "spillway/error.h"

typedef struct subject_list {
    bench_subject *items; // (n), in the keep
    size_t n;
} subject_list;

/* Reads the headers of `paths` and of every model in the folders `dirs` ("a;b", NULL: none); a file that is no model is
 * an error, one in a folder is passed over with a line in *skipped (may be NULL).  Errors: SW_EIO, SW_EFORMAT,
 * SW_ENOTFOUND (no model), SW_ENOMEM. */
SW_NODISCARD sw_code subject_list_from_files(subject_list *out, const char *const *paths, size_t n_paths,
                                             const char *dirs, arena *keep, buf *skipped, sw_err *err);
/* The models `names` of a server (n_names 0: the first that it lists), as far as it describes them.  Errors as
 * target_list_models. */
SW_NODISCARD sw_code subject_list_from_server(subject_list *out, chat_target *target, const char *const *names,
                                              size_t n_names, arena *keep, sw_err *err);

#endif
