/* quantize.c - rewrites a model file with other weight types.
 *
 * Tensors stream through in chunks of rows, so memory is bounded whatever the size of the model.  All keys are copied,
 * except those that describe the types and the split of the old file.
 */
#include <string.h>
#include <strings.h> // strcasecmp

#include "base/alloc.h"
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

/* Rows to be converted from one type to another. */
typedef struct convert_job {
    tensor_type from, to;
    size_t n_cols;      // elements of a row
    const uint8_t *src; // rows in type `from`
    uint8_t *dst;       // the same rows in type `to`
    float **rows;       // (threads): one row of n_cols each
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

/* Through floats: every type can be decoded, and a few can be encoded. */
static void convert_row(void *ud, size_t row, int worker)
{
    const convert_job *const j = ud;
    float *const values = j->rows[worker];
    decode_row(j->from, j->src + row * type_row_bytes(j->from, j->n_cols), j->n_cols, values);
    encode_row(j->to, values, j->n_cols, j->dst + row * type_row_bytes(j->to, j->n_cols));
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

typedef struct run {
    const gguf_file *g;
    const sw_quantize_options *o;
    plan plan;
    gguf_writer *w;
    thread_pool *pool;
    float **rows;         // (threads): one row each
    uint64_t done, total; // bytes of the input file's tensors
    sw_err *err;
} run;

static uint64_t n_rows(const gguf_tensor *t)
{
    return t->ne[1] * t->ne[2] * t->ne[3];
}

/* Reads, converts and writes one tensor, a chunk of rows at a time; rows of a chunk are shared among the threads. */
static sw_code convert_tensor(run *r, const gguf_tensor *t)
{
    const tensor_type to = target_type(&r->plan, t);
    const uint64_t from_row = type_row_bytes(t->type, t->ne[0]), to_row = type_row_bytes(to, t->ne[0]);
    uint64_t at_once = CHUNK_ELEMS / t->ne[0];
    at_once = at_once == 0 ? 1 : at_once < n_rows(t) ? at_once : n_rows(t);
    uint8_t *const src = mem_alloc((size_t)(at_once * from_row)), *const dst = mem_alloc((size_t)(at_once * to_row));
    sw_code code = src != NULL && dst != NULL ? SW_OK : sw_fail(r->err, SW_ENOMEM, "out of memory");
    for (uint64_t row = 0; row < n_rows(t) && code == SW_OK; row += at_once) {
        const uint64_t left = n_rows(t) - row, n = left < at_once ? left : at_once;
        code = gguf_read(r->g, t, row * from_row, src, (size_t)(n * from_row), r->err);
        if (code != SW_OK)
            break;
        convert_job j = {t->type, to, (size_t)t->ne[0], src, dst, r->rows};
        if (to != t->type)
            pool_run(r->pool, (size_t)n, convert_row, &j);
        gguf_put_data(r->w, to != t->type ? dst : src, (size_t)(n * to_row));
        r->done += n * from_row;
        if (r->o->on_progress != NULL)
            r->o->on_progress(r->o->ud, r->done, r->total);
    }
    mem_free(src);
    mem_free(dst);
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

/* One row of floats per thread, as long as the longest row. */
static sw_code make_threads(run *r, uint64_t longest)
{
    const int n = r->o->n_threads > 0 ? r->o->n_threads : sysinfo_n_cores();
    r->pool = pool_create(n);
    r->rows = mem_calloc((size_t)n, sizeof *r->rows);
    bool ok = r->pool != NULL && r->rows != NULL;
    for (int i = 0; i < n && ok; i++) {
        r->rows[i] = mem_calloc((size_t)longest, sizeof *r->rows[i]);
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
    if (code == SW_OK)
        code = write_all(&r, out_path);
    for (int i = 0; r.pool != NULL && r.rows != NULL && i < pool_n_threads(r.pool); i++)
        mem_free(r.rows[i]);
    mem_free(r.rows);
    pool_free(r.pool);
    gguf_close(g);
    return code;
}
