/* checks_python.c - gives the code of an answer to the sandbox, and makes a check's outcome of its report. */
#include <string.h>

#include "base/alloc.h"
#include "quality/check.h"
#include "quality/check_list.h"
#include "quality/sandbox.h"

enum { REQUEST_BYTES_MAX = 1 << 24 };

static bool is_named(const md_code *code, const char *name)
{
    return code->n_language == strlen(name) && strncasecmp(code->language, name, code->n_language) == 0;
}

/* "python", "text" for code that is perhaps Python, or NULL. */
static const char *language_of(const md_code *code)
{
    if (is_named(code, "python") || is_named(code, "py") || is_named(code, "python3"))
        return "python";
    return code->n_language == 0 ? "text" : NULL;
}

static bool append_block(json_t *list, const char *language, const char *text, size_t n)
{
    return json_array_append_new(list, json_pack("[s, s%]", language, text != NULL ? text : "", n)) == 0;
}

/* Code without a fence begins at a line that only code begins with. */
static const char *bare_code(const answer_view *v)
{
    static const char *const STARTS[] = {"def ", "class ", "import ", "from "};
    for (size_t i = 0; i < v->blocks.n; i++) {
        for (size_t k = 0; k < sizeof STARTS / sizeof *STARTS; k++) {
            const md_line *const l = &v->blocks.lines[i];
            if (l->n > 12 && strncmp(l->text, STARTS[k], strlen(STARTS[k])) == 0 &&
                (k > 1 || memchr(l->text, ':', l->n) != NULL))
                return l->text;
        }
    }
    return NULL;
}

/* The blocks of the answer as sandbox_harness.py wants them; NULL when memory is short. */
static json_t *list_blocks(const answer_view *v)
{
    json_t *const list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < v->blocks.n_codes; i++) {
        const md_code *const code = &v->blocks.codes[i];
        const char *const language = language_of(code);
        ok = language == NULL || append_block(list, language, code->text, code->n);
    }
    const char *const bare = ok && v->blocks.n_codes == 0 ? bare_code(v) : NULL;
    if (bare != NULL)
        ok = append_block(list, "text", bare, v->n - (size_t)(bare - v->text));
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

/* The request of sandbox_harness.py, to be freed with mem_free; NULL when memory is short. */
static char *write_request(const check *c, json_t *blocks, const char *task)
{
    buf out;
    buf_init(&out, REQUEST_BYTES_MAX);
    char *const text = json_dumps(blocks, JSON_COMPACT);
    buf_printf(&out, "{\"task\":\"%s\",\"any_name\":%s,\"in_place\":%s,\"function\":", task,
               c->has_any_name ? "true" : "false", c->is_in_place ? "true" : "false");
    buf_puts(&out, c->function != NULL ? c->function : "[]");
    buf_puts(&out, ",\"cases\":");
    buf_puts(&out, c->cases != NULL ? c->cases : "[]");
    buf_puts(&out, ",\"blocks\":");
    buf_puts(&out, text != NULL ? text : "[]");
    buf_putc(&out, '}');
    const bool ok = text != NULL;
    mem_free(text);
    if (ok)
        return buf_take(&out);
    buf_free(&out);
    return NULL;
}

/* No code, or none with the function: a fault where code was asked for. */
static void report_none(const check *c, check_result *out, const char *detail)
{
    if (c->is_optional)
        check_skip(out, "%s", detail);
    else
        check_fail(out, "%s", detail);
}

static void read_report(const check *c, const char *report, check_result *out)
{
    json_reader r = {.document = "the report"};
    const json_load_options options = {.bytes_max = strlen(report), .replace_nul = true};
    json_t *const root = json_load_text(&r, report, strlen(report), &options);
    const char *const verdict = json_string_value(json_object_get(root, "verdict"));
    const char *const detail = json_string_value(json_object_get(root, "detail"));
    const char *const text = detail != NULL ? detail : "";
    if (r.fault.kind == JSON_FAULT_MEMORY)
        out->failed = SW_ENOMEM;
    else if (verdict == NULL)
        check_skip(out, "the sandbox sent no report");
    else if (strcmp(verdict, "passed") == 0)
        check_pass(out, "%s", text);
    else if (strcmp(verdict, "none") == 0)
        report_none(c, out, text);
    else
        check_fail(out, "%s", text);
    json_decref(root);
}

static void run_request(const check *c, const answer_view *v, const char *request, check_result *out)
{
    const sandbox_options options = {.clock = v->options->clock, .cancel = v->options->cancel};
    sandbox_result result;
    out->failed = sandbox_run(request, &options, v->keep, &result, NULL);
    if (out->failed != SW_OK)
        return;
    if (result.end == SANDBOX_NOT_SET_UP)
        check_skip(out, "no sandbox: %s", result.reason);
    else if (result.end == SANDBOX_ENDED)
        read_report(c, result.report, out);
    else
        check_fail(out, "%s", result.reason);
}

static void run_blocks(const check *c, const answer_view *v, const char *task, check_result *out)
{
    json_t *const blocks = list_blocks(v);
    char *const request = blocks != NULL ? write_request(c, blocks, task) : NULL;
    if (request == NULL)
        out->failed = SW_ENOMEM;
    else if (json_array_size(blocks) == 0)
        report_none(c, out, "the answer has no Python code");
    else if (!v->options->run_code)
        check_skip(out, "code is not run");
    else
        run_request(c, v, request, out);
    mem_free(request);
    json_decref(blocks);
}

void check_python(const check *c, const answer_view *v, check_result *out)
{
    run_blocks(c, v, "run", out);
}

void check_python_parses(const check *c, const answer_view *v, check_result *out)
{
    run_blocks(c, v, "parse", out);
}
