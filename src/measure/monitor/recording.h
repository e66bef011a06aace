/* recording.h - samples in a file, and back.
 *
 * Two forms.  JSON lines: the first line is the head, an object, and every further one is a sample, with null for what
 * is not known.  CSV: "# " and the same head, a line of names, and a line for every sample, with an empty cell.  Each
 * sample is in the file before the next one is taken, so that whatever ends the recorder loses one at most.
 */
#ifndef MONITOR_RECORDING_H
#define MONITOR_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "results/sample_figures.h"
#include "spillway/error.h"

enum { RECORDING_TEXT_BYTES = 256 };

/* What was watched, and where.  Texts that are not known are "". */
typedef struct recording_head {
    int64_t started_unix_s;
    double interval_s;
    long pid; // 0: the machine alone
    char program[RECORDING_TEXT_BYTES];
    char cpu[RECORDING_TEXT_BYTES], os[RECORDING_TEXT_BYTES];
    long n_cores;
    double memory_bytes;
    char gpu[RECORDING_TEXT_BYTES], gpu_driver[RECORDING_TEXT_BYTES], gpu_note[RECORDING_TEXT_BYTES];
} recording_head;

/* The head as JSON, on one line without its end. */
void recording_put_head(buf *out, const recording_head *head);
/* A sample as JSON, in the same way. */
void recording_put_sample(buf *out, double t_s, const sample_values *values);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

typedef struct recorder recorder;

/* Returns true if the name of the file says in which form: it ends with .jsonl or .csv. */
bool recorder_is_form(const char *path);
/* Replaces the file.  Errors: SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code recorder_open(recorder **out, const char *path, const recording_head *head, sw_err *err);
/* Error: SW_EIO; what was added before is kept. */
SW_NODISCARD sw_code recorder_add(recorder *r, double t_s, const sample_values *values, sw_err *err);
size_t recorder_n_samples(const recorder *r);
/* NULL is accepted. */
void recorder_close(recorder *r);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

typedef struct recording {
    recording_head head;
    size_t n;
    double *t_s;           // (n), since the start, never less than the one before
    sample_values *values; // (n)
    bool is_cut;           // the last line was incomplete and is left out
} recording;

/* Reads either form.  `name` is that of the file, for errors: SW_EFORMAT with the line, SW_ELIMIT
 * (LIMIT_RECORDING_SAMPLES), SW_EIO, SW_ENOMEM.  Nothing is to be freed then. */
SW_NODISCARD sw_code recording_read(recording *out, FILE *from, const char *name, sw_err *err);
void recording_free(recording *r);

#endif
