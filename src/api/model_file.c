/* model_file.c - the facts of a model file, for whoever has no need of its weights. */
#include "api/model_file.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "chat/chat.h"
#include "engine/model_lm.h"
#include "model/info.h"

struct sw_model_file {
    sw_gguf *gguf;
    sw_hparams h;
    sw_model_info info;
    char *name;
    char *arch;
    char *tokenizer;
    char **tensor_names; // NUL-terminated copies
    sw_chat_format chat;
    sw_vocab *vocab; // once the chat format needed it, until it is taken
};

/* The file's name without folders and ".gguf". */
static sw_str stem(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(base);
    return (sw_str){base, n > 5 && strcmp(base + n - 5, ".gguf") == 0 ? n - 5 : n};
}

static sw_code read_strings(sw_model_file *f, const char *path, sw_err *err)
{
    sw_str name, arch, model, pre;
    sw_code code = sw_gguf_str(f->gguf, "general.name", &name, err);
    if (code == SW_OK)
        code = sw_gguf_str(f->gguf, "general.architecture", &arch, err);
    if (code == SW_OK)
        code = sw_gguf_str(f->gguf, "tokenizer.ggml.model", &model, err);
    if (code == SW_OK)
        code = sw_gguf_str(f->gguf, "tokenizer.ggml.pre", &pre, err);
    if (code != SW_OK)
        return code;
    if (name.size == 0)
        name = stem(path);
    if (model.data == NULL)
        model = (sw_str){"none", 4};
    const bool has_pre = pre.size > 0 && !sw_str_eq(model, "llama");
    const size_t room = model.size + pre.size + 2;
    f->name = sw_strndup(name.data, name.size);
    f->arch = sw_strndup(arch.data, arch.size);
    f->tokenizer = sw_alloc(room);
    if (f->name == NULL || f->arch == NULL || f->tokenizer == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", path);
    snprintf(f->tokenizer, room, "%.*s%s%.*s", (int)model.size, model.data, has_pre ? "/" : "",
             has_pre ? (int)pre.size : 0, has_pre ? pre.data : "");
    return SW_OK;
}

static sw_code copy_tensor_names(sw_model_file *f, sw_err *err)
{
    const size_t n = sw_gguf_n_tensors(f->gguf);
    f->tensor_names = sw_calloc(n + 1, sizeof *f->tensor_names);
    for (size_t i = 0; f->tensor_names != NULL && i < n; i++) {
        const sw_str name = sw_gguf_tensor_at(f->gguf, i)->name;
        f->tensor_names[i] = sw_strndup(name.data, name.size);
        if (f->tensor_names[i] == NULL)
            return sw_fail(err, SW_ENOMEM, "out of memory reading %s", sw_gguf_path(f->gguf));
    }
    return f->tensor_names != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory reading %s", sw_gguf_path(f->gguf));
}

/* The chat format needs the vocabulary, since a template counts only if its markers are tokens. */
static sw_code detect_chat_format(sw_model_file *f, sw_err *err)
{
    f->chat = SW_CHAT_PLAIN;
    sw_str chat_template;
    sw_code code = sw_gguf_str(f->gguf, "tokenizer.chat_template", &chat_template, err);
    if (code == SW_OK && chat_template.size > 0) {
        code = sw_vocab_from_gguf(&f->vocab, f->gguf, err);
        if (code == SW_OK)
            f->chat = sw_chat_detect(chat_template, f->vocab);
    }
    f->info.chat_format = sw_chat_format_name(f->chat);
    return code;
}

sw_code sw_model_file_open(sw_model_file **out, const char *path, sw_err *err)
{
    *out = NULL;
    sw_model_file *const f = sw_calloc(1, sizeof *f);
    if (f == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    sw_code code = sw_gguf_open(&f->gguf, path, err);
    if (code == SW_OK)
        code = sw_hparams_read(f->gguf, /*as_llama_cpp=*/false, &f->h, err);
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
    sw_info_count(f->gguf, &f->h, &f->info);
    f->info.path = sw_gguf_path(f->gguf);
    f->info.name = f->name;
    f->info.arch = f->arch;
    f->info.tokenizer = f->tokenizer;
    f->info.file_bytes = sw_gguf_file_bytes(f->gguf);
    f->info.mtime = sw_gguf_mtime(f->gguf);
    *out = f;
    return SW_OK;
}

void sw_model_file_close(sw_model_file *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; f->tensor_names != NULL && f->tensor_names[i] != NULL; i++)
        sw_free(f->tensor_names[i]);
    sw_free(f->tensor_names);
    sw_free(f->name);
    sw_free(f->arch);
    sw_free(f->tokenizer);
    sw_vocab_free(f->vocab);
    sw_gguf_close(f->gguf);
    sw_free(f);
}

const sw_model_info *sw_model_file_info(const sw_model_file *f)
{
    return &f->info;
}

uint64_t sw_model_file_kv_bytes(const sw_model_file *f, sw_kv_type type, int n_ctx)
{
    return sw_model_kv_bytes(&f->h, type, n_ctx);
}

const sw_gguf *sw_model_file_gguf(const sw_model_file *f)
{
    return f->gguf;
}

sw_chat_format sw_model_file_chat(const sw_model_file *f)
{
    return f->chat;
}

sw_code sw_model_file_take_vocab(sw_model_file *f, sw_vocab **out, sw_err *err)
{
    *out = f->vocab;
    f->vocab = NULL;
    return *out != NULL ? SW_OK : sw_vocab_from_gguf(out, f->gguf, err);
}

sw_tensor_info sw_model_file_tensor(const sw_model_file *f, size_t i)
{
    const sw_gguf_tensor *const t = sw_gguf_tensor_at(f->gguf, i);
    return (sw_tensor_info){
        .name = f->tensor_names[i],
        .type = sw_type_name(t->type),
        .shape = {t->ne[0], t->ne[1], t->ne[2], t->ne[3]},
        .n_dims = t->n_dims,
        .bytes = t->bytes,
        .cls = sw_tensor_classify(t->name),
    };
}
