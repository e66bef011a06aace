/* cmd_plan.c - `spillway plan`: what memory an engine with these options takes, and whether this machine has it.
 *
 * Reads the header alone, no weights.  The exit code says whether it fits, so that scripts can ask before they start.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/sysinfo.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "cmd/json_print.h"
#include "cmd/json_text.h"
#include "serving/placement_text.h"
#include "json/json_out.h"
#include "json/placement_json.h"

// Threads, connections and requests of a server: 0.2 to 0.4 MB with the models of models/ and tests/data/golden.
enum { SERVER_BYTES = 300 << 10 };

/* The figures of a server with this engine. */
static sw_engine_state state_of(const sw_plan *p)
{
    sw_engine_state s = sw_plan_state(p);
    s.process_bytes += SERVER_BYTES;
    s.ram_bytes_max += SERVER_BYTES;
    return s;
}

/* What the machine offers beside this process, and what of it the engine needs. */
typedef struct fit {
    available_memory available;
    uint64_t needed;  // when every sequence fills its context
    uint64_t to_open; // when one does: less than this, and the engine is not opened
} fit;

static fit fit_of(const sw_engine_state *s)
{
    const uint64_t cache = s->kv_bytes_max - s->kv_bytes_vram;
    const uint64_t job = cache / (uint64_t)s->n_seqs + s->buffer_bytes;
    return (fit){.available = sysinfo_memory_available(),
                 .needed = s->ram_bytes_max - s->process_bytes,
                 .to_open = s->weight_bytes_ram + (job > s->loading_bytes ? job : s->loading_bytes)};
}

static bool fits(const fit *f)
{
    return f->needed <= f->available.bytes;
}

static bool opens(const fit *f)
{
    return f->to_open <= f->available.bytes;
}

static const char *limited_by(const fit *f)
{
    return f->available.is_limited ? "control group" : "machine";
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static double in_mb(uint64_t bytes)
{
    return (double)bytes / 1e6;
}

static void print_verdict(const fit *f, const sw_engine_state *s)
{
    printf("\n%.2f MB are available beside the process (by the %s).\n", in_mb(f->available.bytes), limited_by(f));
    if (fits(f))
        printf("It fits.\n");
    else if (opens(f))
        printf("It does not fit if all %d sequences fill their contexts: that takes %.2f MB.\nA smaller --parallel or "
               "--ctx-size, or --kv-type q8_0, lowers it.\n",
               s->n_seqs, in_mb(f->needed));
    else
        printf("It does not fit: it takes %.2f MB, and %.2f MB to start.\nA smaller --ctx-size or --batch, --kv-type "
               "q8_0 or a model quantized to fewer bits\nlowers it.\n",
               in_mb(f->needed), in_mb(f->to_open));
}

static int print_text(const char *name, const sw_engine_state *s, const sw_placement_row *rows, size_t n, const fit *f)
{
    buf table;
    buf_init(&table, (n + 64) * 128);
    placement_text(&table, s, rows, n);
    cmd_print_safe(stdout, name);
    printf(": %d threads, %d sequences of %d tokens\n\n%s", s->n_threads, s->n_seqs, s->n_ctx, buf_str(&table));
    const bool ok = table.failed == SW_OK;
    buf_free(&table);
    print_verdict(f, s);
    return ok ? CMD_EXIT_OK : CMD_EXIT_FAILURE;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static int print_json(const char *name, const sw_engine_state *s, const sw_placement_row *rows, size_t n, const fit *f)
{
    json_t *root = json_pack("{s:o, s:i}", "model", json_text(name), "threads", s->n_threads);
    root = placement_json(root, s, rows, n);
    json_put(&root, "available",
             json_pack("{s:I, s:s}", "bytes", (json_int_t)f->available.bytes, "limited_by", limited_by(f)));
    json_put(&root, "needed_bytes", json_integer((json_int_t)f->needed));
    json_put(&root, "needed_to_open_bytes", json_integer((json_int_t)f->to_open));
    json_put(&root, "fits", json_boolean(fits(f)));
    json_put(&root, "opens", json_boolean(opens(f)));
    const bool ok = json_print(root, JSON_INDENT(2));
    json_decref(root);
    return ok ? CMD_EXIT_OK : CMD_EXIT_FAILURE;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static sw_code detail_of(const char *word, sw_placement_detail *out, sw_err *err)
{
    static const char *const WORDS[] = {
        [SW_PLACEMENT_CLASSES] = "classes", [SW_PLACEMENT_LAYERS] = "layers", [SW_PLACEMENT_EXPERTS] = "experts"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        *out = (sw_placement_detail)i;
        if (strcmp(word, WORDS[i]) == 0)
            return SW_OK;
    }
    return sw_fail(err, SW_EINVAL, "--detail takes classes, layers or experts, not '%s'", word);
}

/* Opens the header and plans. */
static sw_code plan(const char *path, const sw_engine_options *options, sw_model_file **file_out, sw_plan **plan_out,
                    sw_err *err)
{
    *plan_out = NULL;
    sw_code code = sw_model_file_open(file_out, path, err);
    if (code == SW_OK)
        code = sw_plan_create(plan_out, *file_out, options, err);
    return code;
}

static int show(const sw_model_file *file, const sw_plan *p, sw_placement_detail detail, bool as_json)
{
    sw_err err = {0};
    sw_placement_row *rows;
    size_t n;
    if (sw_plan_placement(p, detail, &rows, &n, &err) != SW_OK)
        return cmd_fail("plan", &err);
    const sw_engine_state state = state_of(p);
    const fit f = fit_of(&state);
    const char *const name = sw_model_file_info(file)->name;
    if (state.placement_note != NULL)
        fprintf(stderr, "warning: %s\n", state.placement_note);
    const int code = as_json ? print_json(name, &state, rows, n, &f) : print_text(name, &state, rows, n, &f);
    sw_placement_free(rows);
    return code == CMD_EXIT_OK && !fits(&f) ? CMD_EXIT_THRESHOLD : code;
}

int cmd_plan(int argc, char **argv)
{
    engine_args e = {0};
    const char *detail_word = "classes";
    bool as_json = false;
    long n_seqs = 4;
    // clang-format off
    const arg_row rows[] = {
        ENGINE_ARG_ROWS(e),
        {"parallel", "-np", ARG_INT, &n_seqs, 1, LIMIT_SEQUENCES, "N", "sequences decoded together (default: 4)"},
        {"detail", NULL, ARG_STRING, &detail_word, 0, 0, "classes|layers|experts", "what a row of the table stands for (default: classes)"},
        {"json", NULL, ARG_FLAG, &as_json, 0, 0, NULL, "print one JSON document"},
    };
    // clang-format on
    const arg_list args = {
        .command = "plan",
        .usage = "MODEL [OPTIONS]",
        .description = "Shows from a model's header alone what memory 'spillway serve' or 'spillway run' takes with "
                       "these options: bytes per tier, class of weights and token in the cache, buffers, the process, "
                       "and what this machine has.  The exit code is 0 if all that fits, and 3 if not.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *path;
    size_t n_positional;
    int status = args_parse(&args, argc, argv, &path, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    sw_engine_options options;
    sw_placement_detail detail = SW_PLACEMENT_CLASSES;
    sw_model_file *file = NULL;
    sw_plan *planned = NULL;
    sw_code code = engine_args_resolve(&e, &options, &err);
    options.n_seqs = (int)n_seqs;
    if (code == SW_OK)
        code = detail_of(detail_word, &detail, &err);
    if (code == SW_OK)
        code = plan(path, &options, &file, &planned, &err);
    status = code == SW_OK ? show(file, planned, detail, as_json) : cmd_fail("plan", &err);
    sw_plan_free(planned);
    sw_model_file_close(file);
    return status;
}
