/* review_file.h - reviews as a small JSON file, which a page saves and `bench review --json` prints.
 *
 *   {"spillway_reviews": 1,
 *    "run": {"started_unix_ms": 1790000000000, "fingerprint": "sha256:...", "protocol_hash": "fnv1a64:..."},
 *    "reviews": [{"model": 0, "mode": "stream", "variant": "", "test": 2, "repeat": 0, "reviewer": "A", "content": 4,
 *                 "accuracy": null, "responsiveness": 5, "flags": ["wrong"], "note": "", "unix_ms": 1790000000000}]}
 *
 * It names tests by what they are in their run, not by rows of a store.  Files come from outside: the reader is strict
 * and bounded, and refuses a file of another run.
 */
#ifndef REVIEW_REVIEW_FILE_H
#define REVIEW_REVIEW_FILE_H

#include "base/buf.h"
#include "results/record.h"
#include "spillway/error.h"

enum { REVIEW_FILE_VERSION = 1 };

/* Reviews of a file, by test and then by reviewer; one of a test and reviewer. */
typedef struct review_file {
    review_record *reviews; // (n)
    size_t n;
    struct arena *keep; // texts and the list
} review_file;

/* `source` names the text in errors.  Free *out with review_file_free, also after an error.  Errors: SW_EFORMAT (names
 * line and member), SW_EINVAL (of another run), SW_EUNSUPPORTED (of a newer spillway), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code review_file_read(const run_record *run, const char *text, size_t n, const char *source,
                                      review_file *out, sw_err *err);
/* Errors: those of review_file_read, SW_ENOTFOUND, SW_EIO. */
SW_NODISCARD sw_code review_file_load(const run_record *run, const char *path, review_file *out, sw_err *err);
void review_file_free(review_file *file);

/* Appends the file.  Error: SW_ENOMEM, SW_ELIMIT (the buffer's). */
SW_NODISCARD sw_code review_file_write(buf *out, const run_record *run, const review_record *reviews, size_t n,
                                       sw_err *err);

/* Returns true if a review has a score, a flag or a note. */
bool review_says_something(const review_record *review);
/* Checks a name or a note, which are UTF-8 of at most `bytes_max` bytes; `what` begins the sentence.  Error: SW_ELIMIT,
 * SW_EINVAL. */
SW_NODISCARD sw_code review_check_text(const char *text, size_t bytes_max, const char *what, sw_err *err);

#endif
