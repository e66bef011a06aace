/* model_file.c - the facts of a model file, read from its header without its weights.
 *
 * It owns NUL-terminated copies of the strings that the public structs point to; the header's own are views.
 */
#include "public/model_file.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "chat/chat.h"
#include "engine/model_lm.h"
#include "model/info.h"

struct sw_model_file {
    gguf_file *gguf;
    hparams h; // dimensions, by the model's original code
    sw_model_info info;
    char *name;
    char *arch;
    char *tokenizer;
    char **tensor_names; // NUL-terminated copies
    chat_format chat;
    vocabulary *vocab; // read to detect the chat format, until model_file_take_vocab; else NULL
};

/* The name of the file without folders and ".gguf". */
static str_view stem(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(base);
    return (str_view){base, n > 5 && strcmp(base + n - 5, ".gguf") == 0 ? n - 5 : n};
}

/* Name, architecture and "model/pre-tokenizer", as copies. */
static sw_code read_strings(sw_model_file *f, const char *path, sw_err *err)
{
    str_view name, arch, model, pre;
    sw_code code = gguf_str(f->gguf, "general.name", &name, err);
    if (code == SW_OK)
        code = gguf_str(f->gguf, "general.architecture", &arch, err);
    if (code == SW_OK)
        code = gguf_str(f->gguf, "tokenizer.ggml.model", &model, err);
    if (code == SW_OK)
        code = gguf_str(f->gguf, "tokenizer.ggml.pre", &pre, err);
    if (code != SW_OK)
        return code;
    if (name.size == 0)
        name = stem(path);
    if (model.data == NULL)
        model = (str_view){"none", 4};
    const bool has_pre = pre.size > 0 && !str_view_eq(model, "llama");
    const size_t room = model.size + pre.size + 2;
    f->name = mem_strndup(name.data, name.size);
    f->arch = mem_strndup(arch.data, arch.size);
    f->tokenizer = mem_alloc(room);
    if (f->name == NULL || f->arch == NULL || f->tokenizer == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", path);
    snprintf(f->tokenizer, room, "%.*s%s%.*s", (int)model.size, model.data, has_pre ? "/" : "",
             has_pre ? (int)pre.size : 0, has_pre ? pre.data : "");
    return SW_OK;
}

static sw_code copy_tensor_names(sw_model_file *f, sw_err *err)
{
    const size_t n = gguf_n_tensors(f->gguf);
    f->tensor_names = mem_calloc(n + 1, sizeof *f->tensor_names);
    for (size_t i = 0; f->tensor_names != NULL && i < n; i++) {
        const str_view name = gguf_tensor_at(f->gguf, i)->name;
        f->tensor_names[i] = mem_strndup(name.data, name.size);
        if (f->tensor_names[i] == NULL)
            return sw_fail(err, SW_ENOMEM, "out of memory reading %s", gguf_path(f->gguf));
    }
    return f->tensor_names != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory reading %s", gguf_path(f->gguf));
}

/* This needs the vocabulary: a format counts only if its markers are tokens. */
static sw_code detect_chat_format(sw_model_file *f, sw_err *err)
{
    f->chat = CHAT_PLAIN;
    chat_source source = {.arch = {f->arch, strlen(f->arch)}};
    sw_code code = gguf_str(f->gguf, "tokenizer.chat_template", &source.jinja_template, err);
    const bool can_guess = strcmp(f->arch, "gpt-oss") == 0 && gguf_has(f->gguf, "tokenizer.ggml.tokens");
    if (code == SW_OK && (source.jinja_template.size > 0 || can_guess))
        code = vocab_from_gguf(&f->vocab, f->gguf, err);
    if (code == SW_OK)
        f->chat = chat_detect(source, f->vocab, &f->info.chat_note);
    f->info.chat_format = chat_format_name(f->chat);
    return code;
}

sw_code sw_model_file_open(sw_model_file **out, const char *path, sw_err *err)
{
    *out = NULL;
    sw_model_file *const f = mem_calloc(1, sizeof *f);
    if (f == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    sw_code code = gguf_open(&f->gguf, path, err);
    if (code == SW_OK)
        code = hparams_read(f->gguf, /*as_llama_cpp=*/false, &f->h, err);
    if (code == SW_OK)
        code = read_strings(f, path, err);
    if (code == SW_OK)
        code = copy_tensor_names(f, err);
    if (code == SW_OK)
        code = detect_chat_format(f, err);
    if (code != SW_OK) {
        sw_model_file_close(f);
        return code;
    }
    info_count(f->gguf, &f->h, &f->info);
    f->info.path = gguf_path(f->gguf);
    f->info.name = f->name;
    f->info.arch = f->arch;
    f->info.tokenizer = f->tokenizer;
    f->info.file_bytes = gguf_file_bytes(f->gguf);
    f->info.mtime = gguf_mtime(f->gguf);
    *out = f;
    return SW_OK;
}

void sw_model_file_close(sw_model_file *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; f->tensor_names != NULL && f->tensor_names[i] != NULL; i++)
        mem_free(f->tensor_names[i]);
    mem_free(f->tensor_names);
    mem_free(f->name);
    mem_free(f->arch);
    mem_free(f->tokenizer);
    vocab_free(f->vocab);
    gguf_close(f->gguf);
    mem_free(f);
}

const sw_model_info *sw_model_file_info(const sw_model_file *f)
{
    return &f->info;
}

uint64_t sw_model_file_kv_bytes(const sw_model_file *f, sw_kv_type type, int n_ctx)
{
    return model_lm_kv_bytes_of(&f->h, type, n_ctx);
}

const gguf_file *model_file_gguf(const sw_model_file *f)
{
    return f->gguf;
}

chat_format model_file_chat(const sw_model_file *f)
{
    return f->chat;
}

sw_code model_file_take_vocab(sw_model_file *f, vocabulary **out, sw_err *err)
{
    *out = f->vocab;
    f->vocab = NULL;
    return *out != NULL ? SW_OK : vocab_from_gguf(out, f->gguf, err);
}

sw_tensor_info sw_model_file_tensor(const sw_model_file *f, size_t i)
{
    const gguf_tensor *const t = gguf_tensor_at(f->gguf, i);
    return (sw_tensor_info){
        .name = f->tensor_names[i],
        .type = type_name(t->type),
        .shape = {t->ne[0], t->ne[1], t->ne[2], t->ne[3]},
        .n_dims = t->n_dims,
        .bytes = t->bytes,
        .cls = info_classify_tensor(t->name),
    };
}
