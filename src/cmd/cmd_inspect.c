/* cmd_inspect.c - `spillway inspect`: what a model file contains, as text or, with --json, as one JSON document.
 *
 * Reads the header alone, no weights.  Every text from the file is escaped: it may be hostile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h> // qsort
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/limits.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/json_print.h"
#include "cmd/json_text.h"
#include "serving/placement_text.h"
#include "spillway.h"
#include "json/placement_json.h"

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* Prints text from the file, padded to `width`, with control characters made visible. */
static void print_padded(int width, const char *text)
{
    buf b;
    buf_init(&b, 65536);
    escape_terminal(&b, text, strlen(text));
    printf("%-*s", width, buf_str(&b));
    buf_free(&b);
}

/* A line of text from the file; print_padded escapes it. */
static void print_safe(const char *label, const char *text)
{
    printf("%-16s ", label);
    print_padded(0, text);
    putchar('\n');
}

/* "12.10 GB", "5.30 MB", ...; powers of 1000. */
static const char *show_bytes(uint64_t n, char out[32])
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    size_t u = 0;
    for (; v >= 1000 && u + 1 < sizeof UNITS / sizeof UNITS[0]; u++)
        v /= 1000;
    snprintf(out, 32, u == 0 ? "%.0f %s" : "%.2f %s", v, UNITS[u]);
    return out;
}

/* "1.26 M", "20.91 B". */
static const char *show_params(uint64_t n, char out[32])
{
    if (n >= 1000000000)
        snprintf(out, 32, "%.2f B", (double)n / 1e9);
    else
        snprintf(out, 32, "%.2f M", (double)n / 1e6);
    return out;
}

/* Bytes of all tensors: less than the file, which also has a header and padding. */
static uint64_t all_bytes(const sw_model_info *m)
{
    uint64_t n = 0;
    for (int c = 0; c < SW_N_CLASSES; c++)
        n += m->bytes_by_class[c];
    return n;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

enum { N_TYPES_MAX = 64 }; // more than there are types; further ones would not be listed

/* Bytes of all tensors of one type. */
typedef struct type_bytes {
    const char *type;
    uint64_t bytes;
} type_bytes;

/* qsort: descending bytes. */
static int larger_first(const void *a, const void *b)
{
    const uint64_t x = ((const type_bytes *)a)->bytes, y = ((const type_bytes *)b)->bytes;
    return (x < y) - (x > y);
}

/* Sums bytes by tensor type, the largest first; returns how many types there are. */
static size_t count_types(const sw_model_file *f, type_bytes out[N_TYPES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < sw_model_file_info(f)->n_tensors; i++) {
        const sw_tensor_info t = sw_model_file_tensor(f, i);
        size_t at = 0;
        while (at < n && strcmp(out[at].type, t.type) != 0)
            at++;
        if (at == n && n < N_TYPES_MAX)
            out[n++] = (type_bytes){.type = t.type};
        if (at < n)
            out[at].bytes += t.bytes;
    }
    qsort(out, n, sizeof out[0], larger_first);
    return n;
}

static void print_row(const char *name, uint64_t bytes, uint64_t whole)
{
    char text[32];
    printf("%-16s %12s %7.1f%%\n", name, show_bytes(bytes, text), 100 * share(bytes, whole));
}

/* The cache's size is shown for the default context and for the longest. */
enum { N_CONTEXTS = 2 };

/* Writes those contexts, in tokens; returns how many there are: one if both are equal. */
static int contexts_of(const sw_model_info *m, int out[N_CONTEXTS])
{
    out[1] = m->n_ctx_train < LIMIT_CTX_TOKENS ? m->n_ctx_train : LIMIT_CTX_TOKENS;
    out[0] = out[1] < SW_DEFAULT_CTX ? out[1] : SW_DEFAULT_CTX;
    return out[0] < out[1] ? 2 : 1;
}

/* Memory of keys and values beside the weights, for one sequence. */
static void print_cache(const sw_model_file *f)
{
    int contexts[N_CONTEXTS];
    const int n = contexts_of(sw_model_file_info(f), contexts);
    printf("\n%-16s %12s %12s\n", "keys and values", "f16", "q8_0");
    for (int i = 0; i < n; i++) {
        char a[32], b[32], tokens[32];
        snprintf(tokens, sizeof tokens, "%d tokens", contexts[i]);
        printf("%-16s %12s %12s\n", tokens, show_bytes(sw_model_file_kv_bytes(f, SW_KV_F16, contexts[i]), a),
               show_bytes(sw_model_file_kv_bytes(f, SW_KV_Q8_0, contexts[i]), b));
    }
}

/* Plans an engine with the default options.  NULL, and *err says why, if there can be none. */
static sw_plan *plan_defaults(const sw_model_file *f, sw_err *err)
{
    sw_plan *plan;
    return sw_plan_create(&plan, f, NULL, err) == SW_OK ? plan : NULL;
}

/* What an engine takes, as `spillway plan` shows it for other options. */
static void print_memory(const sw_model_file *f)
{
    sw_err err = {0};
    sw_plan *const plan = plan_defaults(f, &err);
    if (plan == NULL) {
        print_safe("\nmemory", err.msg);
        return;
    }
    const sw_engine_state s = sw_plan_state(plan);
    buf table;
    buf_init(&table, 65536);
    placement_text(&table, &s, s.weights, s.n_weights);
    printf("\nmemory of an engine with %d sequences of %d tokens\n%s", s.n_seqs, s.n_ctx, buf_str(&table));
    buf_free(&table);
    sw_plan_free(plan);
}

static void print_summary(const sw_model_file *f)
{
    const sw_model_info *const m = sw_model_file_info(f);
    char a[32], b[32];
    print_safe("model", m->name);
    print_safe("file", m->path);
    printf("%-16s %s, mostly %s\n", "size", show_bytes(m->file_bytes, a), m->quant);
    printf("%-16s %s\n", "architecture", m->arch);
    printf("%-16s %s, %s active per token\n", "parameters", show_params(m->n_params, a),
           show_params(m->n_params_active, b));
    printf("%-16s %d\n", "layers", m->n_layers);
    printf("%-16s %d\n", "embedding", m->n_embd);
    if (m->n_experts > 0)
        printf("%-16s %d per layer, %d used per token, %d shared\n", "experts", m->n_experts, m->n_experts_used,
               m->n_experts_shared);
    else
        printf("%-16s none (a dense model)\n", "experts");
    printf("%-16s %d tokens\n", "context", m->n_ctx_train);
    printf("%-16s %d tokens\n", "vocabulary", m->n_vocab);
    print_safe("tokenizer", m->tokenizer);
    printf("%-16s %s\n", "chat format", m->chat_format);
    if (m->chat_note != NULL)
        printf("%-16s %s\n", "warning", m->chat_note);
    if (m->compat_difference != NULL)
        printf("%-16s %s (--compat)\n", "not as llama.cpp", m->compat_difference);
    printf("\n%-16s %12s %8s\n", "tensors", "bytes", "share");
    for (int c = 0; c < SW_N_CLASSES; c++) {
        if (m->bytes_by_class[c] > 0)
            print_row(sw_tensor_class_name((sw_tensor_class)c), m->bytes_by_class[c], all_bytes(m));
    }
    type_bytes types[N_TYPES_MAX] = {0};
    const size_t n_types = count_types(f, types);
    printf("\n%-16s %12s %8s\n", "types", "bytes", "share");
    for (size_t i = 0; i < n_types; i++)
        print_row(types[i].type, types[i].bytes, all_bytes(m));
    print_cache(f);
    print_memory(f);
    if (m->n_experts > 0)
        printf("\n--cpu-moe would keep %s out of VRAM: %.1f%% of the weights\n",
               show_bytes(m->bytes_by_class[SW_CLASS_EXPERTS], a),
               100 * share(m->bytes_by_class[SW_CLASS_EXPERTS], all_bytes(m)));
}

/* "2880 x 201088", the contiguous dimension first. */
static const char *show_shape(const sw_tensor_info *t, char out[96])
{
    size_t n = 0;
    out[0] = '\0';
    for (int d = 0; d < (t->n_dims > 0 ? t->n_dims : 1); d++)
        n += (size_t)snprintf(out + n, 96 - n, "%s%" PRIu64, d > 0 ? " x " : "", t->shape[d]);
    return out;
}

/* --tensors: a line per tensor, in the order of the file. */
static void print_tensors(const sw_model_file *f)
{
    char shape[96], bytes[32];
    printf("\n");
    for (size_t i = 0; i < sw_model_file_info(f)->n_tensors; i++) {
        const sw_tensor_info t = sw_model_file_tensor(f, i);
        print_padded(36, t.name);
        printf(" %-8s %-24s %10s  %s\n", t.type, show_shape(&t, shape), show_bytes(t.bytes, bytes),
               sw_tensor_class_name(t.cls));
    }
}

/* ---- JSON: the same facts, all sizes in bytes ------------------------------------------------------------------- */

static json_t *tensors_to_json(const sw_model_file *f)
{
    json_t *const list = json_array();
    for (size_t i = 0; i < sw_model_file_info(f)->n_tensors; i++) {
        const sw_tensor_info t = sw_model_file_tensor(f, i);
        json_t *const shape = json_array();
        for (int d = 0; d < t.n_dims; d++)
            json_array_append_new(shape, json_integer((json_int_t)t.shape[d]));
        json_array_append_new(list,
                              json_pack("{so, ss, so, sI, ss}", "name", json_text(t.name), "type", t.type, "shape",
                                        shape, "bytes", (json_int_t)t.bytes, "class", sw_tensor_class_name(t.cls)));
    }
    return list;
}

static json_t *cache_to_json(const sw_model_file *f)
{
    int contexts[N_CONTEXTS];
    const int n = contexts_of(sw_model_file_info(f), contexts);
    json_t *const list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{si, sI, sI}", "tokens", contexts[i], "f16",
                                              (json_int_t)sw_model_file_kv_bytes(f, SW_KV_F16, contexts[i]), "q8_0",
                                              (json_int_t)sw_model_file_kv_bytes(f, SW_KV_Q8_0, contexts[i])));
    return list;
}

/* An error in the place of the figures where there can be no engine. */
static json_t *memory_to_json(const sw_model_file *f)
{
    sw_err err = {0};
    sw_plan *const plan = plan_defaults(f, &err);
    if (plan == NULL)
        return json_pack("{so}", "error", json_text(err.msg));
    const sw_engine_state s = sw_plan_state(plan);
    json_t *const memory = placement_json(json_object(), &s, s.weights, s.n_weights);
    sw_plan_free(plan);
    return memory;
}

static json_t *info_to_json(const sw_model_file *f)
{
    const sw_model_info *const m = sw_model_file_info(f);
    type_bytes types[N_TYPES_MAX] = {0};
    const size_t n_types = count_types(f, types);
    json_t *const by_type = json_object();
    for (size_t i = 0; i < n_types; i++)
        json_object_set_new(by_type, types[i].type, json_integer((json_int_t)types[i].bytes));
    json_t *const by_class = json_object();
    for (int c = 0; c < SW_N_CLASSES; c++)
        json_object_set_new(by_class, sw_tensor_class_name((sw_tensor_class)c),
                            json_integer((json_int_t)m->bytes_by_class[c]));
    return json_pack("{so, so, so, ss, sI, sI, sI, si, si, si, si, si, si, si, so, ss, ss?, ss?, so, so, so, so, sf}",
                     "name", json_text(m->name), "path", json_text(m->path), "architecture", json_text(m->arch),
                     "quant", m->quant, "file_bytes", (json_int_t)m->file_bytes, "n_params", (json_int_t)m->n_params,
                     "n_params_active", (json_int_t)m->n_params_active, "n_layers", m->n_layers, "n_embd", m->n_embd,
                     "n_vocab", m->n_vocab, "n_ctx_train", m->n_ctx_train, "n_experts", m->n_experts, "n_experts_used",
                     m->n_experts_used, "n_experts_shared", m->n_experts_shared, "tokenizer", json_text(m->tokenizer),
                     "chat_format", m->chat_format, "chat_note", m->chat_note, "compat_difference",
                     m->compat_difference, "bytes_by_class", by_class, "bytes_by_type", by_type, "kv_bytes",
                     cache_to_json(f), "memory", memory_to_json(f), "cpu_moe_share",
                     share(m->bytes_by_class[SW_CLASS_EXPERTS], all_bytes(m)));
}

/* Returns the exit code: a document that could not be made is a failure. */
static int print_json(const sw_model_file *f, bool with_tensors)
{
    json_t *const root = info_to_json(f);
    if (root != NULL && with_tensors)
        json_object_set_new(root, "tensors", tensors_to_json(f));
    const bool ok = json_print(root, JSON_INDENT(2));
    json_decref(root);
    return ok ? CMD_EXIT_OK : CMD_EXIT_FAILURE;
}

int cmd_inspect(int argc, char **argv)
{
    bool tensors = false, as_json = false;
    const arg_row rows[] = {
        {"tensors", NULL, ARG_FLAG, &tensors, 0, 0, NULL, "list every tensor"},
        {"json", NULL, ARG_FLAG, &as_json, 0, 0, NULL, "print one JSON document"},
    };
    const arg_list args = {
        .command = "inspect",
        .usage = "MODEL [--tensors] [--json]",
        .description =
            "Shows what a model file contains, from its header alone: architecture, parameters, experts, sizes, the\n"
            "memory that an engine takes, and the weights that --cpu-moe would keep out of VRAM.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *path;
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &path, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    sw_model_file *f;
    if (sw_model_file_open(&f, path, &err) != SW_OK)
        return cmd_fail("inspect", &err);
    int exit_code = CMD_EXIT_OK;
    if (as_json) {
        exit_code = print_json(f, tensors);
    } else {
        print_summary(f);
        if (tensors)
            print_tensors(f);
    }
    sw_model_file_close(f);
    return exit_code;
}
