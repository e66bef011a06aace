/* quantize.c - rewrites a model file with other weight types.
 *
 * Tensors stream through in chunks of rows, so memory is bounded whatever the size of the model.  All keys are copied,
 * except those that describe the types and the split of the old file.
 */
#include <math.h>
#include <string.h>
#include <strings.h> // strcasecmp

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/pool.h"
#include "base/sysinfo.h"
#include "gguf/gguf_writer.h"
#include "model/info.h"
#include "quant/decode.h"
#include "quant/encode.h"
#include "spillway.h"

enum { CHUNK_ELEMS = 8 << 20 }; // elements that are converted at once

/* The requested types, by tensor class. */
typedef struct plan {
    tensor_type by_class[SW_N_CLASSES];
} plan;

/* Sums of squares over weights: what they were, and what a conversion added. */
typedef struct squares {
    double weights, errors;
} squares;

/* Rows to be converted from one type to another. */
typedef struct convert_job {
    tensor_type from, to;
    size_t n_cols;      // elements of a row
    const uint8_t *src; // rows in type `from`
    uint8_t *dst;       // the same rows in type `to`
    float **rows;       // (threads): two rows of n_cols each
    squares *sums;      // (rows): of each row; NULL: not wanted
} convert_job;

/* Finds a type that can be written by its name, upper or lower case. */
static sw_code type_by_name(const char *option, const char *name, tensor_type *out, sw_err *err)
{
    for (uint32_t t = 0; t < TYPE_N; t++) {
        const type_traits *const k = type_get(t);
        if (k->name != NULL && strcasecmp(k->name, name) == 0 && encode_supports((tensor_type)t)) {
            *out = (tensor_type)t;
            return SW_OK;
        }
    }
    return sw_fail(err, SW_EINVAL, "%s: '%s' is not a type that can be written; the types are %s", option, name,
                   encode_types());
}

/* The type of every class: its own option, or `type`. */
static sw_code make_plan(const sw_quantize_options *o, plan *p, sw_err *err)
{
    if (o->type == NULL)
        return sw_fail(err, SW_EINVAL, "type: one of %s is required", encode_types());
    const struct {
        const char *option, *name;
        sw_tensor_class cls;
    } rows[] = {
        {"experts", o->experts, SW_CLASS_EXPERTS},
        {"attention", o->attention, SW_CLASS_ATTENTION},
        {"embedding", o->embedding, SW_CLASS_EMBEDDING},
        {"embedding", o->embedding, SW_CLASS_OUTPUT},
    };
    tensor_type type;
    sw_code code = type_by_name("type", o->type, &type, err);
    for (int c = 0; c < SW_N_CLASSES; c++)
        p->by_class[c] = type;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && code == SW_OK; i++) {
        if (rows[i].name != NULL)
            code = type_by_name(rows[i].option, rows[i].name, &p->by_class[rows[i].cls], err);
    }
    return code;
}

static bool ends_with(str_view s, const char *end)
{
    const size_t n = strlen(end);
    return s.size >= n && memcmp(s.data + s.size - n, end, n) == 0;
}

/* Only matrices are converted.  The router stays: it is small, and errors in it change which experts run. */
static tensor_type target_type(const plan *p, const gguf_tensor *t)
{
    const bool is_matrix = t->n_dims >= 2 && ends_with(t->name, ".weight");
    if (!is_matrix || ends_with(t->name, "ffn_gate_inp.weight"))
        return t->type;
    return type_fitting(p->by_class[info_classify_tensor(t->name)], t->ne[0]);
}

/* Sums of one row, of what it was and what it is now. */
static squares compare_row(const float *before, const float *after, size_t n)
{
    squares s = {0};
    for (size_t i = 0; i < n; i++) {
        const double error = (double)after[i] - (double)before[i];
        s.weights += (double)before[i] * (double)before[i];
        s.errors += error * error;
    }
    return s;
}

/* Through floats: every type can be decoded, and a few can be encoded. */
static void convert_row(void *ud, size_t row, int worker)
{
    const convert_job *const j = ud;
    float *const values = j->rows[worker], *const again = values + j->n_cols;
    uint8_t *const dst = j->dst + row * type_row_bytes(j->to, j->n_cols);
    decode_row(j->from, j->src + row * type_row_bytes(j->from, j->n_cols), j->n_cols, values);
    encode_row(j->to, values, j->n_cols, dst);
    if (j->sums == NULL)
        return;
    decode_row(j->to, dst, j->n_cols, again);
    j->sums[row] = compare_row(values, again, j->n_cols);
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

typedef struct run {
    const gguf_file *g;
    const sw_quantize_options *o;
    plan plan;
    gguf_writer *w;
    thread_pool *pool;
    float **rows;         // (threads): two rows each
    uint64_t done, total; // bytes of the input file's tensors
    squares by_class[SW_N_CLASSES];
    sw_err *err;
} run;

static uint64_t n_rows(const gguf_tensor *t)
{
    return t->ne[1] * t->ne[2] * t->ne[3];
}

/* Converts n rows, which the threads share.  The sums are added in the order of the rows, so that they do not depend on
 * the threads. */
static void convert_rows(run *r, const gguf_tensor *t, convert_job *j, size_t n)
{
    pool_run(r->pool, n, convert_row, j);
    squares *const of_class = &r->by_class[info_classify_tensor(t->name)];
    for (size_t i = 0; j->sums != NULL && i < n; i++) {
        of_class->weights += j->sums[i].weights;
        of_class->errors += j->sums[i].errors;
    }
}

/* Reads, converts and writes one tensor, a chunk of rows at a time. */
static sw_code convert_tensor(run *r, const gguf_tensor *t)
{
    const tensor_type to = target_type(&r->plan, t);
    const uint64_t from_row = type_row_bytes(t->type, t->ne[0]), to_row = type_row_bytes(to, t->ne[0]);
    uint64_t at_once = CHUNK_ELEMS / t->ne[0];
    at_once = at_once == 0 ? 1 : at_once < n_rows(t) ? at_once : n_rows(t);
    uint8_t *const src = mem_alloc((size_t)(at_once * from_row)), *const dst = mem_alloc((size_t)(at_once * to_row));
    squares *const sums = mem_calloc((size_t)at_once, sizeof *sums);
    const bool ok = src != NULL && dst != NULL && sums != NULL;
    sw_code code = ok ? SW_OK : sw_fail(r->err, SW_ENOMEM, "out of memory");
    for (uint64_t row = 0; row < n_rows(t) && code == SW_OK; row += at_once) {
        const uint64_t left = n_rows(t) - row, n = left < at_once ? left : at_once;
        code = gguf_read(r->g, t, row * from_row, src, (size_t)(n * from_row), r->err);
        if (code != SW_OK)
            break;
        convert_job j = {t->type, to, (size_t)t->ne[0], src, dst, r->rows, r->o->summary != NULL ? sums : NULL};
        if (to != t->type)
            convert_rows(r, t, &j, (size_t)n);
        gguf_put_data(r->w, to != t->type ? dst : src, (size_t)(n * to_row));
        r->done += n * from_row;
        if (r->o->on_progress != NULL)
            r->o->on_progress(r->o->ud, r->done, r->total);
    }
    mem_free(src);
    mem_free(dst);
    mem_free(sums);
    return code;
}

/* Announces every tensor; *longest is the length of the longest row in elements. */
static sw_code announce_all(run *r, uint64_t *longest)
{
    for (size_t i = 0; i < gguf_n_tensors(r->g); i++) {
        const gguf_tensor *const t = gguf_tensor_at(r->g, i);
        const tensor_type to = target_type(&r->plan, t);
        if (to != t->type && !decode_supports(t->type))
            return sw_fail(r->err, SW_EUNSUPPORTED, "tensor '%.*s' has type %s, which cannot be read; supported are %s",
                           (int)t->name.size, t->name.data, type_name(t->type), decode_types());
        gguf_announce(r->w, t->name, to, t->n_dims > 0 ? t->n_dims : 1, t->ne);
        r->total += t->bytes;
        *longest = t->ne[0] > *longest ? t->ne[0] : *longest;
    }
    return SW_OK;
}

/* Two rows of floats per thread, as long as the longest row. */
static sw_code make_threads(run *r, uint64_t longest)
{
    const int n = r->o->n_threads > 0 ? r->o->n_threads : sysinfo_n_cores();
    r->pool = pool_create(n);
    r->rows = mem_calloc((size_t)n, sizeof *r->rows);
    bool ok = r->pool != NULL && r->rows != NULL;
    for (int i = 0; i < n && ok; i++) {
        r->rows[i] = mem_calloc((size_t)longest, 2 * sizeof *r->rows[i]);
        ok = r->rows[i] != NULL;
    }
    return ok ? SW_OK : sw_fail(r->err, SW_ENOMEM, "out of memory");
}

static sw_code write_all(run *r, const char *out_path)
{
    static const char *const REPLACED[] = {"general.file_type",
                                           "general.quantization_version",
                                           "general.alignment",
                                           "split.no",
                                           "split.count",
                                           "split.tensors.count",
                                           NULL};
    sw_code code = gguf_writer_open(&r->w, out_path, r->err);
    if (code != SW_OK)
        return code;
    gguf_put_all(r->w, r->g, REPLACED);
    gguf_put_u32(r->w, "general.quantization_version", 2);
    uint64_t longest = 0;
    code = announce_all(r, &longest);
    if (code == SW_OK)
        code = make_threads(r, longest);
    if (code == SW_OK)
        gguf_begin(r->w);
    for (size_t i = 0; i < gguf_n_tensors(r->g) && code == SW_OK; i++)
        code = convert_tensor(r, gguf_tensor_at(r->g, i));
    if (code == SW_OK)
        return gguf_commit(r->w, r->err);
    gguf_abandon(r->w);
    return code;
}

/* The root of the share of the errors. */
static double loss_of(squares s)
{
    return s.weights > 0 ? sqrt(s.errors / s.weights) : 0;
}

/* Fills the summary, if it is wanted; the file is complete. */
static sw_code summarize(const run *r, const char *out_path)
{
    sw_quantize_summary *const s = r->o->summary;
    infile *out;
    if (s == NULL)
        return SW_OK;
    const sw_code code = infile_open(&out, out_path, r->err);
    if (code != SW_OK)
        return code;
    *s = (sw_quantize_summary){.bytes_in = gguf_file_bytes(r->g), .bytes_out = infile_size(out)};
    infile_close(out);
    squares all = {0};
    for (int c = 0; c < SW_N_CLASSES; c++) {
        all.weights += r->by_class[c].weights;
        all.errors += r->by_class[c].errors;
        s->loss_by_class[c] = loss_of(r->by_class[c]);
    }
    s->loss = loss_of(all);
    return SW_OK;
}

sw_code sw_quantize(const char *in_path, const char *out_path, const sw_quantize_options *options, sw_err *err)
{
    if (options->n_threads < 0 || options->n_threads > LIMIT_THREADS)
        return sw_fail(err, SW_EINVAL, "n_threads: %d is not between 0 and %d", options->n_threads, LIMIT_THREADS);
    gguf_file *g;
    sw_code code = gguf_open(&g, in_path, err);
    if (code != SW_OK)
        return code;
    run r = {.g = g, .o = options, .err = err};
    code = make_plan(options, &r.plan, err);
    if (code == SW_OK && gguf_is_at(g, out_path))
        code = sw_fail(err, SW_EINVAL,
                       "%s is a file of the model %s itself, which would be replaced by a copy that has "
                       "lost something; choose another name",
                       out_path, in_path);
    if (code == SW_OK)
        code = write_all(&r, out_path);
    if (code == SW_OK)
        code = summarize(&r, out_path);
    for (int i = 0; r.pool != NULL && r.rows != NULL && i < pool_n_threads(r.pool); i++)
        mem_free(r.rows[i]);
    mem_free(r.rows);
    pool_free(r.pool);
    gguf_close(g);
    return code;
}
