/* chat_format.c - which chat format a model speaks. */
#include <string.h>

#include "chat/chat.h"

enum { MAX_MARKERS = 8 };

typedef struct format_row {
    const char *name;
    const char *markers[MAX_MARKERS]; // tokens without which the format cannot be written
} format_row;

static const format_row FORMATS[] = {
    [SW_CHAT_PLAIN] = {"plain", {NULL}},
    [SW_CHAT_HARMONY] = {"harmony", {"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>", "<|call|>"}},
    [SW_CHAT_PHI3] = {"phi3", {"<|user|>", "<|assistant|>", "<|end|>"}},
    [SW_CHAT_DEEPSEEK] = {"deepseek", {NULL}},
    [SW_CHAT_DEEPSEEK_V3] = {"deepseek-v3", {"<｜User｜>", "<｜Assistant｜>"}},
    [SW_CHAT_CHATML] = {"chatml", {"<|im_start|>", "<|im_end|>"}},
    [SW_CHAT_MISTRAL] = {"mistral", {NULL}},
    [SW_CHAT_LLAMA3] = {"llama3", {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}},
};

const char *sw_chat_format_name(sw_chat_format f)
{
    return FORMATS[f].name;
}

static bool contains(sw_str haystack, const char *needle)
{
    const size_t n = strlen(needle);
    for (size_t i = 0; i + n <= haystack.size; i++) {
        if (memcmp(haystack.data + i, needle, n) == 0)
            return true;
    }
    return false;
}

/* What a template tells its family by: the first row whose `all` occur and whose `none` does not. */
static const struct {
    sw_chat_format format;
    const char *all[3];
    const char *none;
} SIGNS[] = {
    {SW_CHAT_HARMONY, {"<|start|>", "<|channel|>"}, NULL},
    {SW_CHAT_CHATML, {"<|im_start|>"}, "<|im_sep|>"},
    {SW_CHAT_MISTRAL, {"[INST]"}, NULL},
    {SW_CHAT_PHI3, {"<|assistant|>", "<|end|>"}, NULL},
    {SW_CHAT_LLAMA3, {"<|start_header_id|>", "<|end_header_id|>"}, NULL},
    {SW_CHAT_DEEPSEEK, {"'Assistant: ' + message['content'] + eos_token"}, NULL},
    {SW_CHAT_DEEPSEEK_V3, {"<｜Assistant｜>", "<｜User｜>", "<｜end▁of▁sentence｜>"}, NULL},
};

static sw_chat_format from_template(sw_str t)
{
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        bool matches = SIGNS[i].none == NULL || !contains(t, SIGNS[i].none);
        for (size_t s = 0; s < 3 && SIGNS[i].all[s] != NULL; s++)
            matches = matches && contains(t, SIGNS[i].all[s]);
        if (matches)
            return SIGNS[i].format;
    }
    return SW_CHAT_PLAIN;
}

static bool can_write(sw_chat_format f, const sw_vocab *v)
{
    for (size_t i = 0; i < MAX_MARKERS && FORMATS[f].markers[i] != NULL; i++) {
        if (sw_vocab_find(v, FORMATS[f].markers[i]) == SW_TOKEN_NONE)
            return false;
    }
    const bool ends_answers_with_eos = f == SW_CHAT_DEEPSEEK || f == SW_CHAT_DEEPSEEK_V3 || f == SW_CHAT_MISTRAL;
    return !ends_answers_with_eos || sw_vocab_eos(v) != SW_TOKEN_NONE;
}

sw_chat_format sw_chat_detect(sw_str jinja_template, const sw_vocab *v)
{
    const sw_chat_format f = from_template(jinja_template);
    return can_write(f, v) ? f : SW_CHAT_PLAIN;
}
