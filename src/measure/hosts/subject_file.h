/* subject_file.h - what the header of a model file tells about the model that is measured. */
#ifndef HOSTS_SUBJECT_FILE_H
#define HOSTS_SUBJECT_FILE_H

#include "base/arena.h"
#include "hosts/bench_subject.h"
#include "spillway/error.h"

/* Fills *out from the file at `path`, or "stub:", the engine that computes nothing.  Errors: SW_ENOTFOUND, SW_EIO,
 * SW_EFORMAT, SW_ELIMIT, SW_EUNSUPPORTED, SW_ENOMEM. */
SW_NODISCARD sw_code subject_file_read(bench_subject *out, const char *path, arena *keep, sw_err *err);

#endif
