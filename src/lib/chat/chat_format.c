/* chat_format.c - which chat format a model uses: a table of the markers that identify its template. */
#include <string.h>

#include "chat/chat.h"

enum { MAX_MARKERS = 8 };

typedef struct format_row {
    const char *name;
    const char *markers[MAX_MARKERS]; // tokens that the format cannot be written without
    bool writes_tools;
} format_row;

static const format_row FORMATS[] = {
    [CHAT_PLAIN] = {"plain", {NULL}, false},
    [CHAT_HARMONY] = {"harmony",
                      {"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>", "<|call|>"},
                      true},
    [CHAT_PHI3] = {"phi3", {"<|user|>", "<|assistant|>", "<|end|>"}, false},
    [CHAT_DEEPSEEK] = {"deepseek", {NULL}, false},
    [CHAT_DEEPSEEK_V3] = {"deepseek-v3", {"<｜User｜>", "<｜Assistant｜>"}, true},
    [CHAT_DEEPSEEK_V31] = {"deepseek-v3.1", {"<｜User｜>", "<｜Assistant｜>"}, true},
    [CHAT_CHATML] = {"chatml", {"<|im_start|>", "<|im_end|>"}, true},
    [CHAT_CHATML_XML] = {"chatml-xml", {"<|im_start|>", "<|im_end|>"}, false},
    [CHAT_MISTRAL] = {"mistral", {NULL}, false},
    [CHAT_LLAMA3] = {"llama3", {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, false},
};

const char *chat_format_name(chat_format f)
{
    return FORMATS[f].name;
}

bool chat_writes_tools(chat_format f)
{
    return FORMATS[f].writes_tools;
}

static bool contains(str_view haystack, const char *needle)
{
    const size_t n = strlen(needle);
    for (size_t i = 0; i + n <= haystack.size; i++) {
        if (memcmp(haystack.data + i, needle, n) == 0)
            return true;
    }
    return false;
}

/* Markers that identify a template's family: the first row counts whose `all` occur and whose `none` does not. */
static const struct {
    chat_format format;
    const char *all[3];
    const char *none;
} SIGNS[] = {
    {CHAT_HARMONY, {"<|start|>", "<|channel|>"}, NULL},
    {CHAT_CHATML_XML, {"<|im_start|>", "<function="}, "<|im_sep|>"},
    {CHAT_CHATML, {"<|im_start|>"}, "<|im_sep|>"},
    {CHAT_MISTRAL, {"[INST]"}, NULL},
    {CHAT_PHI3, {"<|assistant|>", "<|end|>"}, NULL},
    {CHAT_LLAMA3, {"<|start_header_id|>", "<|end_header_id|>"}, NULL},
    {CHAT_DEEPSEEK, {"'Assistant: ' + message['content'] + eos_token"}, NULL},
    {CHAT_DEEPSEEK_V31, {"<｜Assistant｜>", "<｜User｜>", "<｜tool▁sep｜>"}, "```json"},
    {CHAT_DEEPSEEK_V3, {"<｜Assistant｜>", "<｜User｜>", "<｜end▁of▁sentence｜>"}, NULL},
};

static chat_format from_template(str_view t)
{
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        bool matches = SIGNS[i].none == NULL || !contains(t, SIGNS[i].none);
        for (size_t s = 0; s < 3 && SIGNS[i].all[s] != NULL; s++)
            matches = matches && contains(t, SIGNS[i].all[s]);
        if (matches)
            return SIGNS[i].format;
    }
    return CHAT_PLAIN;
}

static bool can_write(chat_format f, const vocabulary *v)
{
    for (size_t i = 0; i < MAX_MARKERS && FORMATS[f].markers[i] != NULL; i++) {
        if (vocab_find(v, FORMATS[f].markers[i]) == TOKEN_NONE)
            return false;
    }
    const bool ends_answers_with_eos =
        f == CHAT_DEEPSEEK || f == CHAT_DEEPSEEK_V3 || f == CHAT_DEEPSEEK_V31 || f == CHAT_MISTRAL;
    return !ends_answers_with_eos || vocab_eos(v) != TOKEN_NONE;
}

static const char NO_TEMPLATE[] =
    "the model file has no chat template; conversations are written as plain lines (\"user: ...\"), which this model "
    "may not have learned, so its answers may be poor";
static const char UNKNOWN_TEMPLATE[] =
    "the model's chat template is of no known family; conversations are written as plain lines (\"user: ...\"), which "
    "this model has not learned, so its answers may be poor";
static const char NO_MARKERS[] =
    "the vocabulary lacks markers that the model's chat template writes; conversations are written as plain lines "
    "(\"user: ...\"), which this model has not learned, so its answers may be poor";
static const char GUESSED_HARMONY[] =
    "the model's chat template is of no known family; conversations are written in the Harmony format, because the "
    "architecture is gpt-oss";

chat_format chat_detect(chat_source source, const vocabulary *v, const char **note_out)
{
    const char *ignored = NULL;
    const char **const note = note_out != NULL ? note_out : &ignored;
    const chat_format f = from_template(source.jinja_template);
    *note = NULL;
    if (f != CHAT_PLAIN && can_write(f, v))
        return f;
    const bool has_template = source.jinja_template.size > 0;
    if (v != NULL && str_view_eq(source.arch, "gpt-oss") && can_write(CHAT_HARMONY, v)) {
        *note = has_template ? GUESSED_HARMONY : NULL;
        return CHAT_HARMONY;
    }
    *note = !has_template ? NO_TEMPLATE : f == CHAT_PLAIN ? UNKNOWN_TEMPLATE : NO_MARKERS;
    return CHAT_PLAIN;
}
