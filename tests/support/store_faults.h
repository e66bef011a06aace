/* store_faults.h - the storage below SQLite: full after so many bytes, ending the process at a write, or closed. */
#ifndef TEST_STORE_FAULTS_H
#define TEST_STORE_FAULTS_H

#include <stdbool.h>

/* From here on the files of SQLite may grow by n_bytes together; a write that needs more writes what fits, and fails as
 * a full disk does. */
void store_faults_full(long n_bytes);
/* From here on write number n_writes (from 0) is half done and ends the process, as `kill -9` would there. */
void store_faults_kill(long n_writes);
/* From here on no file can be opened for writing, or for reading either, for want of permission. */
void store_faults_forbid(bool reading_too);
/* Restores the system's storage. */
void store_faults_end(void);

#endif
