#include "token/pretokenizer.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "token/char_class.h"
#include "token/scanners.h"

enum { MAX_ALTERNATIVES = 8, MAX_STAGES = 6 };

/* The alternatives of one regular expression, in order; NULL ends the list. */
typedef struct stage {
    sw_scanner alternatives[MAX_ALTERNATIVES + 1];
} stage;

struct sw_pretokenizer {
    const char *name;
    const char *aliases; // ids of files, each between spaces
    bool takes_whole_words, adds_bos;
    stage stages[MAX_STAGES + 1]; // one without alternatives ends the list
};

// clang-format off
#define STAGE(...) {.alternatives = {__VA_ARGS__}}
#define SPACES_STAGE_END sw_scan_space_newlines, sw_scan_spaces_but_last, sw_scan_spaces
#define GPT2_STAGE STAGE(sw_scan_contraction, sw_scan_spaced_letters, sw_scan_spaced_numbers, sw_scan_spaced_symbols, \
                         sw_scan_spaces_but_last)
#define LLAMA_STAGE STAGE(sw_scan_contraction_any_case, sw_scan_prefixed_letters, sw_scan_three_numbers, \
                          sw_scan_symbols_newlines, SPACES_STAGE_END)

/* The first row is what files without the key, or with one not known here, get. */
static const sw_pretokenizer PRETOKENIZERS[] = {
    {.name = "default", .aliases = " default ",
     .stages = {STAGE(sw_scan_default_punct), GPT2_STAGE, STAGE(sw_scan_numbers), STAGE(sw_scan_three_digits)}},
    {.name = "gpt-2", .aliases = " gpt-2 phi-2 mpt olmo exaone4 gigachat ",
     .stages = {GPT2_STAGE}},
    {.name = "llama-bpe",
     .aliases = " llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano ",
     .takes_whole_words = true, .adds_bos = true,
     .stages = {LLAMA_STAGE}},
    {.name = "glm4", .aliases = " glm4 chatglm-bpe dbrx smaug-bpe ",
     .stages = {LLAMA_STAGE}},
    {.name = "qwen2", .aliases = " qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan ",
     .stages = {STAGE(sw_scan_contraction_any_case, sw_scan_prefixed_letters, sw_scan_number,
                      sw_scan_symbols_newlines, SPACES_STAGE_END)}},
    {.name = "qwen35", .aliases = " qwen35 ",
     .stages = {STAGE(sw_scan_contraction_any_case, sw_scan_prefixed_letters_marks, sw_scan_number,
                      sw_scan_no_mark_symbols, SPACES_STAGE_END)}},
    {.name = "gpt-4o", .aliases = " gpt-4o llama4 ",
     .stages = {STAGE(sw_scan_cased_word_contraction, sw_scan_three_numbers, sw_scan_symbols_newlines_slash,
                      SPACES_STAGE_END)}},
    {.name = "tekken", .aliases = " tekken ",
     .takes_whole_words = true, .adds_bos = true,
     .stages = {STAGE(sw_scan_cased_word, sw_scan_number, sw_scan_symbols_newlines_slash, SPACES_STAGE_END)}},
    {.name = "deepseek-llm", .aliases = " deepseek-llm ",
     .stages = {STAGE(sw_scan_newline), STAGE(sw_scan_deepseek_letters), STAGE(sw_scan_deepseek_symbols),
                STAGE(sw_scan_final_spaces), STAGE(sw_scan_deepseek_cjk), STAGE(sw_scan_numbers)}},
    {.name = "deepseek-coder", .aliases = " deepseek-coder ",
     .stages = {STAGE(sw_scan_newline), STAGE(sw_scan_white_letters), STAGE(sw_scan_white_punct),
                STAGE(sw_scan_deepseek_cjk), STAGE(sw_scan_number)}},
    {.name = "deepseek-v3", .aliases = " deepseek-v3 hunyuan-dense joyai-llm ",
     .stages = {STAGE(sw_scan_three_numbers), STAGE(sw_scan_deepseek_v3_cjk),
                STAGE(sw_scan_punct_word, sw_scan_deepseek_v3_word, sw_scan_punct_newlines, SPACES_STAGE_END)}},
    {.name = "starcoder", .aliases = " starcoder refact command-r smollm codeshell exaone ",
     .stages = {STAGE(sw_scan_number), GPT2_STAGE}},
    {.name = "falcon", .aliases = " falcon ",
     .stages = {STAGE(sw_scan_falcon_punct), GPT2_STAGE, STAGE(sw_scan_three_digits)}},
};
// clang-format on

/* True when `list` holds " id ". */
static bool is_listed(const char *list, sw_str id)
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

const sw_pretokenizer *sw_pretokenizer_find(sw_str id)
{
    for (size_t i = 0; i < sizeof PRETOKENIZERS / sizeof *PRETOKENIZERS; i++) {
        if (is_listed(PRETOKENIZERS[i].aliases, id))
            return &PRETOKENIZERS[i];
    }
    return NULL;
}

const char *sw_pretokenizer_name(const sw_pretokenizer *p)
{
    return p->name;
}

bool sw_pretokenizer_takes_whole_words(const sw_pretokenizer *p)
{
    return p->takes_whole_words;
}

bool sw_pretokenizer_adds_bos(const sw_pretokenizer *p)
{
    return p->adds_bos;
}

void sw_cuts_free(sw_cuts *c)
{
    sw_free(c->ends);
    *c = (sw_cuts){0};
}

static bool cut_at(sw_cuts *c, size_t end)
{
    if (!sw_grow(&c->ends, &c->cap, c->n + 1, sizeof *c->ends))
        return false;
    c->ends[c->n++] = end;
    return true;
}

/* Classifies the characters of a text; returns how many there are. */
static size_t read_chars(const char *text, size_t n, sw_char *chars)
{
    size_t n_chars = 0;
    for (size_t i = 0; i < n; n_chars++) {
        sw_char *const c = &chars[n_chars];
        const int size = sw_utf8_decode((const uint8_t *)text + i, n - i, &c->cp);
        if (size == 0) // as U+FFFD, the symbol for it; the byte itself stays in the text
            c->cp = 0xfffd;
        c->size = size == 0 ? 1 : (uint8_t)size;
        c->classes = (uint16_t)sw_char_class(c->cp);
        i += c->size;
    }
    return n_chars;
}

static size_t match(const stage *s, const sw_piece *p, size_t i)
{
    for (const sw_scanner *scan = s->alternatives; *scan != NULL; scan++) {
        const size_t end = (*scan)(p, i);
        if (end > i)
            return end;
    }
    return i;
}

/* Cuts one piece, whose first character is number `first` of the text, into matches and the gaps between them. */
static bool cut_piece(const stage *s, const sw_piece *p, size_t first, sw_cuts *out)
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

/* Cuts every piece once more. */
static bool run_stage(const stage *s, const sw_char *chars, const sw_cuts *pieces, sw_cuts *out)
{
    out->n = 0;
    size_t first = 0;
    for (size_t i = 0; i < pieces->n; i++) {
        const sw_piece piece = {.chars = chars + first, .n = pieces->ends[i] - first};
        if (!cut_piece(s, &piece, first, out))
            return false;
        first = pieces->ends[i];
    }
    return true;
}

static bool run_stages(const sw_pretokenizer *p, const sw_char *chars, size_t n_chars, sw_cuts *out)
{
    sw_cuts from = {0};
    out->n = 0;
    bool ok = cut_at(out, n_chars);
    for (const stage *s = p->stages; ok && s->alternatives[0] != NULL; s++) {
        const sw_cuts swap = from;
        from = *out;
        *out = swap;
        ok = run_stage(s, chars, &from, out);
    }
    sw_cuts_free(&from);
    return ok;
}

/* From character numbers to byte offsets. */
static void to_bytes(const sw_char *chars, sw_cuts *cuts)
{
    size_t c = 0, bytes = 0;
    for (size_t i = 0; i < cuts->n; i++) {
        for (; c < cuts->ends[i]; c++)
            bytes += chars[c].size;
        cuts->ends[i] = bytes;
    }
}

bool sw_pretokenize(const sw_pretokenizer *p, const char *text, size_t n, sw_cuts *out)
{
    sw_char *const chars = sw_alloc(n * sizeof *chars);
    if (chars == NULL)
        return false;
    const size_t n_chars = read_chars(text, n, chars);
    const bool ok = run_stages(p, chars, n_chars, out);
    if (ok)
        to_bytes(chars, out);
    sw_free(chars);
    return ok;
}
