/* faults.h - memory and files that fail on demand: the n-th allocation, the n-th read. */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

enum { FAULTS_NONE = -1 };

/* From here on allocation number `fail_at` (from 0) fails, and only that one. */
void faults_alloc_begin(long fail_at);
/* Restores the system's allocator; gives the number of allocations made and of blocks that were not freed. */
long faults_alloc_end(long *n_live_out);

typedef enum faults_read { FAULTS_EIO, FAULTS_END_OF_FILE, FAULTS_ONE_BYTE } faults_read;

/* From here on read number `fail_at` (from 0) and all that follow fail as `how` says.  FAULTS_ONE_BYTE is no failure:
 * every read gives one byte only, and every other one is interrupted first. */
void faults_read_begin(long fail_at, faults_read how);
/* Restores the system's reads; gives the number of reads asked for. */
long faults_read_end(void);

#endif
