/* sampled_hash.h - a name for the contents of a model file, made in a moment even if it has 100 GB.
 *
 * SHA-256 over the size of the file (8 bytes, little endian), its first MiB, and 256 blocks of 64 KiB that are evenly
 * spread over the whole file, the last at its end; of a file of at most 17 MiB, over its size and all of it.  Files of
 * different models, quantizations or versions have different hashes; a single changed weight between two blocks is not
 * noticed, and forgery is none of its business.
 */
#ifndef HOSTS_SAMPLED_HASH_H
#define HOSTS_SAMPLED_HASH_H

#include "spillway/error.h"

enum { SAMPLED_HASH_BYTES = sizeof "sampled-sha256:" + 64 };

/* Writes "sampled-sha256:<64 hex digits>".  Errors: SW_ENOTFOUND, SW_EIO, SW_EFORMAT (the file became shorter),
 * SW_ENOMEM. */
SW_NODISCARD sw_code sampled_hash(const char *path, char out[SAMPLED_HASH_BYTES], sw_err *err);

#endif
