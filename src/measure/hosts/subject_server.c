/* subject_server.c - the models of a server that runs already, as far as it describes them. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "hosts/member.h"
#include "hosts/process_model.h"
#include "hosts/subject_file.h"
#include "hosts/subject_list.h"
#include "monitor/machine.h"

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for the models of a server");
}

/* A text of the server in the keep, "" if it has none; NULL when memory is short. */
static const char *keep_text(arena *keep, const char *text)
{
    enum { TEXT_BYTES_MAX = 200 };
    const size_t n = text != NULL ? strnlen(text, TEXT_BYTES_MAX) : 0;
    char *const copy = arena_copy(keep, n > 0 ? text : "", n);
    if (copy != NULL)
        utf8_replace_invalid(copy, n);
    return copy;
}

static uint64_t bytes_at(const json_t *entry, const char *path)
{
    const double number = member_number(entry, path);
    return isnan(number) ? 0 : (uint64_t)number;
}

static int count_at(const json_t *entry, const char *path)
{
    const double number = member_number(entry, path);
    return number <= 1e9 ? (int)number : 0; // false for NAN
}

/* The entry of `name` in a list of objects whose names are at `member`; NULL: there is none. */
static const json_t *find_entry(const json_t *list, const char *member, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *const text = member_text(json_array_get(list, i), member);
        if (text != NULL && strcmp(text, name) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

/* ---- what each program says -------------------------------------------------------------------------------------- */

/* spillway: all of it; llama-server: some of it under the same names; vLLM: the context alone. */
static sw_code read_model(subject_record *r, const json_t *models, arena *keep, sw_err *err)
{
    const json_t *const entry = find_entry(member_at(models, "data"), "id", r->name);
    const double n_ctx = member_number(entry, "max_model_len");
    r->family = keep_text(keep, member_text(entry, "meta.arch"));
    r->quantization = keep_text(keep, member_text(entry, "meta.quant"));
    r->file_bytes = bytes_at(entry, "meta.size");
    r->n_parameters = bytes_at(entry, "meta.n_params");
    r->n_active_parameters = bytes_at(entry, "meta.n_params_active");
    r->n_experts = count_at(entry, "meta.n_expert");
    r->n_experts_used = count_at(entry, "meta.n_expert_used");
    r->n_experts_shared = count_at(entry, "meta.n_expert_shared");
    r->n_ctx_train = n_ctx >= 0 ? count_at(entry, "max_model_len") : count_at(entry, "meta.n_ctx_train");
    return r->family != NULL && r->quantization != NULL ? SW_OK : out_of_memory(err);
}

/* Ollama: family, quantization and size, in a list of its own. */
static sw_code read_tags(subject_record *r, const json_t *tags, arena *keep, sw_err *err)
{
    const json_t *const entry = find_entry(member_at(tags, "models"), "name", r->name);
    if (entry == NULL || r->family[0] != '\0')
        return SW_OK;
    r->family = keep_text(keep, member_text(entry, "details.family"));
    r->quantization = keep_text(keep, member_text(entry, "details.quantization_level"));
    r->file_bytes = bytes_at(entry, "size");
    return r->family != NULL && r->quantization != NULL ? SW_OK : out_of_memory(err);
}

/* A server with one model: what the header of the file tells that its process has open. */
static sw_code read_file(bench_subject *s, const chat_target *target, arena *keep, sw_err *err)
{
    const int port = target_loopback_port(target);
    const long pid = port != 0 ? machine_pid_listening_on(port) : 0;
    char program[MACHINE_PROGRAM_BYTES], path[PATH_MAX];
    bench_subject from_file;
    sw_err why = {0};
    const bool is_known = pid != 0 && machine_is_model_server(pid, program);
    if (pid == 0 || !(is_known ? process_model_path(pid, path) : process_model_mapped(pid, path)))
        return SW_OK;
    const sw_code code = subject_file_read(&from_file, path, keep, &why);
    if (code == SW_ENOMEM)
        return sw_fail(err, code, "%s", why.msg);
    if (code == SW_OK) {
        from_file.record.name = s->record.name;
        *s = from_file;
    }
    return SW_OK;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static sw_code describe(subject_list *list, const json_t *models, const json_t *tags, arena *keep, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < list->n && code == SW_OK; i++) {
        code = read_model(&list->items[i].record, models, keep, err);
        if (code == SW_OK)
            code = read_tags(&list->items[i].record, tags, keep, err);
    }
    return code;
}

static sw_code name_subjects(subject_list *out, const char *const *names, size_t n, arena *keep, sw_err *err)
{
    out->items = arena_alloc(keep, n * sizeof *out->items);
    if (out->items == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        char *const name = arena_copy(keep, names[i], strlen(names[i]));
        if (name == NULL)
            return out_of_memory(err);
        out->items[out->n++].record =
            (subject_record){.name = name, .family = "", .file_name = "", .file_hash = "", .quantization = ""};
    }
    return SW_OK;
}

/* A document that may be missing: only memory that is short is an error. */
static sw_code ask(chat_target *target, const char *path, json_t **out, sw_err *err)
{
    sw_err why = {0};
    const sw_code code = target_get_json(target, path, out, &why);
    return code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

/* What the server says of the models in the list.  Whose list has one model has that in its process. */
static sw_code describe_all(subject_list *list, chat_target *target, bool has_one_model, arena *keep, sw_err *err)
{
    json_t *models = NULL, *tags = NULL;
    sw_code code = ask(target, "/v1/models", &models, err);
    if (code == SW_OK)
        code = ask(target, "/api/tags", &tags, err);
    if (code == SW_OK)
        code = describe(list, models, tags, keep, err);
    json_decref(models);
    json_decref(tags);
    return code == SW_OK && has_one_model ? read_file(&list->items[0], target, keep, err) : code;
}

/* A server need not list its models if they are named. */
sw_code subject_list_from_server(subject_list *out, chat_target *target, const char *const *names, size_t n_names,
                                 arena *keep, sw_err *err)
{
    model_list listed;
    sw_err why = {0};
    *out = (subject_list){0};
    const sw_code is_listed = target_list_models(target, &listed, &why);
    sw_code code;
    if (is_listed != SW_OK && (n_names == 0 || is_listed == SW_ENOMEM))
        code = sw_fail(err, is_listed, "%s", why.msg);
    else if (n_names > 0)
        code = name_subjects(out, names, n_names, keep, err);
    else
        code = name_subjects(out, (const char *const *)listed.ids, 1, keep, err);
    if (code == SW_OK && is_listed == SW_OK)
        code = describe_all(out, target, listed.n == 1 && out->n == 1, keep, err);
    model_list_free(&listed);
    return code;
}
