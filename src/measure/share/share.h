/* share.h - the results of a run as one small file that people can post, and the reader of such files.
 *
 * A file holds the machine, what was measured (model, protocol, fingerprint) and the samples of every test, by its
 * number in the protocol.  It holds no prompt, no answer, no name of a test, user or machine, no path and no address.
 * docs/benchmark.md has its members.  Files come from outside: the reader is strict and bounded.
 */
#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include <stdbool.h>

#include "base/buf.h"
#include "figures/analysis.h"
#include "share/share_metrics.h"

enum { SHARE_VERSION = 1 };

/* Appends the file.  Errors: SW_ENOMEM, SW_ELIMIT (larger than LIMIT_SHARE_BYTES). */
SW_NODISCARD sw_code share_write(buf *out, const run_analysis *analysis, sw_err *err);
/* Writes it to `path`, whole or not at all.  Errors: those of share_write, SW_EIO. */
SW_NODISCARD sw_code share_put(const char *path, const run_analysis *analysis, sw_err *err);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Numbers are 0 and texts "" where nothing is known. */
typedef struct share_hardware {
    const char *cpu, *gpu, *os;
    int n_cores;
    int64_t memory_bytes;
    bool is_emulated; // the GPU that computed
} share_hardware;

typedef struct share_model {
    const char *name, *family, *quantization, *file_hash;
    int64_t file_bytes, n_parameters, n_active_parameters;
    int n_layers, n_experts, n_experts_used, n_ctx_train;
    double private_bytes, vram_bytes;   // highest, of the server; NAN: not measured
    const char *software[N_TEST_MODES]; // that answered; NULL: a mode that the file does not have
} share_model;

/* One test of a model in a mode, all its repetitions that completed. */
typedef struct share_test {
    int model; // position in share_file.models
    test_mode mode;
    const char *variant; // MODE_SWEEP: "temperature=0.7"; else ""
    int test;            // number in the protocol, from 0
    int n_asked;         // at least n
    size_t n;
    const int *repeats;                    // (n), each once
    const double *values[N_SHARE_METRICS]; // (n), NAN: does not exist; NULL: none of them exists
} share_test;

typedef struct share_file {
    int schema; // SHARE_VERSION
    const char *version, *began, *status, *fingerprint, *protocol_hash;
    share_hardware hardware;
    share_model *models; // (n_models)
    int n_models;
    share_test *tests; // (n_tests)
    size_t n_tests, cap_tests;
    struct arena *keep; // texts and lists
} share_file;

/* `source` names the text in errors.  Free *out with share_free.  Errors: SW_EFORMAT (names line and member),
 * SW_EUNSUPPORTED (of a newer spillway), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code share_read(share_file **out, const char *text, size_t n, const char *source, sw_err *err);
/* Errors: those of share_read, SW_ENOTFOUND, SW_EIO. */
SW_NODISCARD sw_code share_load(share_file **out, const char *path, sw_err *err);
/* Returns true if the file begins like JSON: it is to be read as a shared file, and no store. */
bool share_is_file(const char *path);
void share_free(share_file *file);

/* One value, and of what. */
typedef struct share_sample {
    const share_test *test;
    int repeat;
    double value;
} share_sample;

/* Lists the values of a metric that exist for a model in a mode, by test, variant and repetition, in *out (mem_free).
 * Error: SW_ENOMEM. */
SW_NODISCARD sw_code share_samples(const share_file *file, int model, test_mode mode, share_metric metric,
                                   share_sample **out, size_t *n_out, sw_err *err);

#endif
