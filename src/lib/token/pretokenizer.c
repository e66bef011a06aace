/* pretokenizer.c - the table of known pre-tokenizers, and the stages that cut a text.
 *
 * A text is classified character by character once; stages then work on character numbers, and bytes come back at the
 * end.
 */
#include "token/pretokenizer.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "token/char_class.h"
#include "token/scanners.h"

enum { MAX_ALTERNATIVES = 8, MAX_STAGES = 6 };

/* The alternatives of one regular expression, in order; NULL ends the list. */
typedef struct stage {
    scanner alternatives[MAX_ALTERNATIVES + 1];
} stage;

struct pretokenizer {
    const char *name;
    const char *aliases; // ids of files, each between spaces
    bool takes_whole_words, adds_bos;
    stage stages[MAX_STAGES + 1]; // one without alternatives ends the list
};

// clang-format off
#define STAGE(...) {.alternatives = {__VA_ARGS__}}
#define SPACES_STAGE_END scan_space_newlines, scan_spaces_but_last, scan_spaces
#define GPT2_STAGE STAGE(scan_contraction, scan_spaced_letters, scan_spaced_numbers, scan_spaced_symbols, \
                         scan_spaces_but_last)
#define LLAMA_STAGE STAGE(scan_contraction_any_case, scan_prefixed_letters, scan_three_numbers, \
                          scan_symbols_newlines, SPACES_STAGE_END)

/* The first row is for files without the key or with an unknown one. */
static const pretokenizer PRETOKENIZERS[] = {
    {.name = "default", .aliases = " default ",
     .stages = {STAGE(scan_default_punct), GPT2_STAGE, STAGE(scan_numbers), STAGE(scan_three_digits)}},
    {.name = "gpt-2", .aliases = " gpt-2 phi-2 mpt olmo exaone4 gigachat ",
     .stages = {GPT2_STAGE}},
    {.name = "llama-bpe",
     .aliases = " llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano ",
     .takes_whole_words = true, .adds_bos = true,
     .stages = {LLAMA_STAGE}},
    {.name = "glm4", .aliases = " glm4 chatglm-bpe dbrx smaug-bpe ",
     .stages = {LLAMA_STAGE}},
    {.name = "qwen2", .aliases = " qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan ",
     .stages = {STAGE(scan_contraction_any_case, scan_prefixed_letters, scan_number,
                      scan_symbols_newlines, SPACES_STAGE_END)}},
    {.name = "qwen35", .aliases = " qwen35 ",
     .stages = {STAGE(scan_contraction_any_case, scan_prefixed_letters_marks, scan_number,
                      scan_no_mark_symbols, SPACES_STAGE_END)}},
    {.name = "gpt-4o", .aliases = " gpt-4o llama4 ",
     .stages = {STAGE(scan_cased_word_contraction, scan_three_numbers, scan_symbols_newlines_slash,
                      SPACES_STAGE_END)}},
    {.name = "tekken", .aliases = " tekken ",
     .takes_whole_words = true, .adds_bos = true,
     .stages = {STAGE(scan_cased_word, scan_number, scan_symbols_newlines_slash, SPACES_STAGE_END)}},
    {.name = "deepseek-llm", .aliases = " deepseek-llm ",
     .stages = {STAGE(scan_newline), STAGE(scan_deepseek_letters), STAGE(scan_deepseek_symbols),
                STAGE(scan_final_spaces), STAGE(scan_deepseek_cjk), STAGE(scan_numbers)}},
    {.name = "deepseek-coder", .aliases = " deepseek-coder ",
     .stages = {STAGE(scan_newline), STAGE(scan_white_letters), STAGE(scan_white_punct),
                STAGE(scan_deepseek_cjk), STAGE(scan_number)}},
    {.name = "deepseek-v3", .aliases = " deepseek-v3 hunyuan-dense joyai-llm ",
     .stages = {STAGE(scan_three_numbers), STAGE(scan_deepseek_v3_cjk),
                STAGE(scan_punct_word, scan_deepseek_v3_word, scan_punct_newlines, SPACES_STAGE_END)}},
    {.name = "starcoder", .aliases = " starcoder refact command-r smollm codeshell exaone ",
     .stages = {STAGE(scan_number), GPT2_STAGE}},
    {.name = "falcon", .aliases = " falcon ",
     .stages = {STAGE(scan_falcon_punct), GPT2_STAGE, STAGE(scan_three_digits)}},
};
// clang-format on

/* True if `list` contains " id ". */
static bool is_listed(const char *list, str_view id)
{
    if (id.size == 0 || memchr(id.data, ' ', id.size) != NULL)
        return false;
    const size_t list_size = strlen(list);
    for (size_t i = 0; i + id.size + 2 <= list_size; i++) {
        if (list[i] == ' ' && list[i + 1 + id.size] == ' ' && memcmp(list + i + 1, id.data, id.size) == 0)
            return true;
    }
    return false;
}

const pretokenizer *pretokenizer_find(str_view id)
{
    for (size_t i = 0; i < sizeof PRETOKENIZERS / sizeof *PRETOKENIZERS; i++) {
        if (is_listed(PRETOKENIZERS[i].aliases, id))
            return &PRETOKENIZERS[i];
    }
    return NULL;
}

const char *pretokenizer_name(const pretokenizer *p)
{
    return p->name;
}

bool pretokenizer_takes_whole_words(const pretokenizer *p)
{
    return p->takes_whole_words;
}

bool pretokenizer_adds_bos(const pretokenizer *p)
{
    return p->adds_bos;
}

void cuts_free(cut_list *c)
{
    mem_free(c->ends);
    *c = (cut_list){0};
}

static bool cut_at(cut_list *c, size_t end)
{
    if (!mem_grow(&c->ends, &c->cap, c->n + 1, sizeof *c->ends))
        return false;
    c->ends[c->n++] = end;
    return true;
}

/* Classifies the characters of a text; returns their number. */
static size_t read_chars(const char *text, size_t n, scan_char *chars)
{
    size_t n_chars = 0;
    for (size_t i = 0; i < n; n_chars++) {
        scan_char *const c = &chars[n_chars];
        const int size = utf8_decode((const uint8_t *)text + i, n - i, &c->cp);
        if (size == 0) // an invalid byte is classified as U+FFFD; the text keeps the byte
            c->cp = 0xfffd;
        c->size = size == 0 ? 1 : (uint8_t)size;
        c->classes = (uint16_t)char_class(c->cp);
        i += c->size;
    }
    return n_chars;
}

/* The end of the first alternative that matches at i, or i. */
static size_t match(const stage *s, const scan_piece *p, size_t i)
{
    for (const scanner *scan = s->alternatives; *scan != NULL; scan++) {
        const size_t end = (*scan)(p, i);
        if (end > i)
            return end;
    }
    return i;
}

/* Cuts one piece, whose first character is number `first` of the text, into matches and the gaps between them. */
static bool cut_piece(const stage *s, const scan_piece *p, size_t first, cut_list *out)
{
    size_t done = 0;
    for (size_t i = 0; i < p->n;) {
        const size_t end = match(s, p, i);
        if (end == i) {
            i++;
            continue;
        }
        if (i > done && !cut_at(out, first + i))
            return false;
        if (!cut_at(out, first + end))
            return false;
        done = i = end;
    }
    return done == p->n || cut_at(out, first + p->n);
}

/* Cuts every piece of the stage before. */
static bool run_stage(const stage *s, const scan_char *chars, const cut_list *pieces, cut_list *out)
{
    out->n = 0;
    size_t first = 0;
    for (size_t i = 0; i < pieces->n; i++) {
        const scan_piece piece = {.chars = chars + first, .n = pieces->ends[i] - first};
        if (!cut_piece(s, &piece, first, out))
            return false;
        first = pieces->ends[i];
    }
    return true;
}

/* Two lists take turns: the cuts of one stage are the pieces of the next. */
static bool run_stages(const pretokenizer *p, const scan_char *chars, size_t n_chars, cut_list *out)
{
    cut_list from = {0};
    out->n = 0;
    bool ok = cut_at(out, n_chars);
    for (const stage *s = p->stages; ok && s->alternatives[0] != NULL; s++) {
        const cut_list swap = from;
        from = *out;
        *out = swap;
        ok = run_stage(s, chars, &from, out);
    }
    cuts_free(&from);
    return ok;
}

/* From character numbers to byte offsets. */
static void to_bytes(const scan_char *chars, cut_list *cuts)
{
    size_t c = 0, bytes = 0;
    for (size_t i = 0; i < cuts->n; i++) {
        for (; c < cuts->ends[i]; c++)
            bytes += chars[c].size;
        cuts->ends[i] = bytes;
    }
}

bool pretokenize(const pretokenizer *p, const char *text, size_t n, cut_list *out)
{
    scan_char *const chars = mem_alloc(n * sizeof *chars);
    if (chars == NULL)
        return false;
    const size_t n_chars = read_chars(text, n, chars);
    const bool ok = run_stages(p, chars, n_chars, out);
    if (ok)
        to_bytes(chars, out);
    mem_free(chars);
    return ok;
}
