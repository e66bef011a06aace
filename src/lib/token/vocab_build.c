/* vocab_build.c - a vocabulary from its tokens: memory, index, roles of well-known tokens, and the bytes that each
 * token decodes to. */
#include "token/vocab_build.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "token/bpe.h"
#include "token/special_split.h"
#include "token/vocab.h"

static const char SPM_SPACE[] = "\xe2\x96\x81"; // U+2581

/* ---- memory ---- */

vocabulary *vocab_alloc(vocab_model model, size_t n, size_t text_bytes)
{
    vocabulary *const v = mem_calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->model = model;
    v->bos = v->eos = v->unk = TOKEN_NONE;
    v->arena = mem_alloc(2 * text_bytes); // a piece is never longer than its text
    v->texts = mem_calloc(n, sizeof *v->texts);
    v->pieces = mem_calloc(n, sizeof *v->pieces);
    v->types = mem_calloc(n, sizeof *v->types);
    v->ends = mem_calloc(n, sizeof *v->ends);
    v->scores = model == VOCAB_SPM ? mem_calloc(n, sizeof *v->scores) : NULL;
    if (v->arena != NULL && v->texts != NULL && v->pieces != NULL && v->types != NULL && v->ends != NULL &&
        (v->scores != NULL || model == VOCAB_BPE))
        return v;
    vocab_free(v);
    return NULL;
}

void vocab_free(vocabulary *v)
{
    if (v == NULL)
        return;
    mem_free(v->arena);
    mem_free(v->texts);
    mem_free(v->pieces);
    mem_free(v->types);
    mem_free(v->ends);
    mem_free(v->scores);
    strmap_free(&v->map);
    pair_map_free(&v->merges);
    special_lengths_free(&v->specials);
    mem_free(v);
}

/* Appends to the arena, which vocab_alloc made large enough. */
static void to_arena(vocabulary *v, const char *bytes, size_t n)
{
    memcpy(v->arena + v->n_arena, bytes, n);
    v->n_arena += n;
}

void vocab_add(vocabulary *v, str_view text, token_type type)
{
    v->texts[v->n] = (str_view){.data = v->arena + v->n_arena, .size = text.size};
    to_arena(v, text.data, text.size);
    v->types[v->n] = (uint8_t)type;
    if (text.size > v->text_max)
        v->text_max = text.size;
    v->n++;
}

/* ---- roles and index ---- */

typedef struct token_role {
    const char *text;
    bool ends_generation;
} token_role;

/* Texts that are control tokens in every vocabulary that has them, whatever type the file gives them.  Published files
 * type some of these as user-defined or normal.  Text from outside could then contain them: an end of turn, or a marker
 * of the chat format, typed by a user.  Other engines override the first two groups; the third is this project's own
 * addition. */
// clang-format off
static const token_role ROLES[] = {
    // Ends of a generation, and the padding and separators of code infilling, which never belong to an answer.
    {"<|eot_id|>", true}, {"<|im_end|>", true}, {"<|end|>", true}, {"<|return|>", true}, {"<|call|>", true},
    {"<|flush|>", true}, {"<|calls|>", true}, {"<end_of_turn>", true}, {"<|endoftext|>", true}, {"</s>", true},
    {"<|eom_id|>", true}, {"<EOT>", true}, {"_<EOT>", true}, {"[EOT]", true}, {"[EOS]", true},
    {"<|end_of_text|>", true}, {"<end_of_utterance>", true}, {"<eos>", true}, {"<turn|>", true},
    {"<|tool_response>", true}, {"<｜end▁of▁sentence｜>", true}, {"[e~[", true},
    {"<|fim_pad|>", true}, {"<fim-pad>", true}, {"<fim_pad>", true}, {"<PAD>", true}, {"[PAD]", true},
    {"<|fim_repo|>", true}, {"<|repo_name|>", true}, {"<fim-repo>", true}, {"<REPO>", true}, {"<reponame>", true},
    {"<|file_sep|>", true},
    // Code infilling.
    {"<|fim_prefix|>", false}, {"<fim-prefix>", false}, {"<fim_prefix>", false}, {"<｜fim▁begin｜>", false},
    {"<PRE>", false}, {"▁<PRE>", false}, {"<|code_prefix|>", false},
    {"<|fim_suffix|>", false}, {"<fim-suffix>", false}, {"<fim_suffix>", false}, {"<｜fim▁hole｜>", false},
    {"<SUF>", false}, {"▁<SUF>", false}, {"<|code_suffix|>", false},
    {"<|fim_middle|>", false}, {"<fim-middle>", false}, {"<fim_middle>", false}, {"<｜fim▁end｜>", false},
    {"<MID>", false}, {"▁<MID>", false}, {"<|code_middle|>", false},
    // Markers of the chat formats.
    {"<|start|>", false}, {"<|message|>", false}, {"<|channel|>", false}, {"<|constrain|>", false},
    {"<|im_start|>", false}, {"<|system|>", false}, {"<|user|>", false}, {"<|assistant|>", false},
    {"<|start_header_id|>", false}, {"<|end_header_id|>", false}, {"<｜User｜>", false}, {"<｜Assistant｜>", false},
    {"[INST]", false}, {"[/INST]", false},
};
// clang-format on

static void mark_roles(vocabulary *v)
{
    for (size_t r = 0; r < sizeof ROLES / sizeof *ROLES; r++) {
        const int32_t id = vocab_find(v, ROLES[r].text);
        if (id == TOKEN_NONE)
            continue;
        v->types[id] = TOKEN_CONTROL;
        v->ends[id] = ROLES[r].ends_generation;
    }
}

sw_code vocab_index(vocabulary *v, sw_err *err)
{
    strmap_init(&v->map);
    for (size_t i = 0; i < v->n; i++) {
        const str_view text = v->texts[i];
        const strmap_result result = strmap_add(&v->map, text.data, text.size, (uint32_t)i);
        if (result == STRMAP_NOMEM)
            return sw_fail(err, SW_ENOMEM, "not enough memory for a vocabulary of %zu tokens", v->n);
        if (result == STRMAP_EXISTS)
            return sw_fail(err, SW_EFORMAT, "tokenizer.ggml.tokens: tokens %d and %zu have the same text",
                           vocab_lookup(v, text.data, text.size), i);
    }
    mark_roles(v);
    return SW_OK;
}

/* ---- pieces ---- */

/* The token that spells a byte, or TOKEN_NONE. */
static int32_t find_byte(const vocabulary *v, uint8_t byte)
{
    char text[8];
    const int n = v->model == VOCAB_BPE ? utf8_encode(bpe_byte_to_char(byte), text)
                                        : snprintf(text, sizeof text, "<0x%02X>", (unsigned)byte);
    return vocab_lookup(v, text, (size_t)n);
}

/* Turns each character of a byte-level token back into its byte; characters that spell no byte are kept. */
static void put_bpe_piece(vocabulary *v, str_view text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t cp = 0;
        const int size = utf8_decode((const uint8_t *)text.data + i, text.size - i, &cp);
        const int byte = size > 0 ? bpe_char_to_byte(cp) : -1;
        const size_t n = size > 0 ? (size_t)size : 1;
        const char c = (char)byte;
        if (byte >= 0)
            to_arena(v, &c, 1);
        else
            to_arena(v, text.data + i, n);
        i += n;
    }
}

static void put_spm_piece(vocabulary *v, str_view text)
{
    const size_t n_space = sizeof SPM_SPACE - 1;
    for (size_t i = 0; i < text.size;) {
        const bool is_space = text.size - i >= n_space && memcmp(text.data + i, SPM_SPACE, n_space) == 0;
        to_arena(v, is_space ? " " : text.data + i, 1);
        i += is_space ? n_space : 1;
    }
}

/* The byte of "<0xXX>"; a byte token with another text has an empty piece. */
static void put_byte_piece(vocabulary *v, str_view text)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    if (text.size != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>')
        return;
    const char *const high = memchr(DIGITS, text.data[3], 16), *const low = memchr(DIGITS, text.data[4], 16);
    if (high != NULL && low != NULL)
        to_arena(v, &(const char){(char)((high - DIGITS) * 16 + (low - DIGITS))}, 1);
}

static void put_piece(vocabulary *v, size_t i)
{
    const size_t start = v->n_arena;
    switch ((token_type)v->types[i]) {
    case TOKEN_UNUSED: v->pieces[i] = (str_view){"", 0}; return;
    case TOKEN_UNKNOWN:
    case TOKEN_CONTROL:
    case TOKEN_USER: v->pieces[i] = v->texts[i]; return;
    case TOKEN_BYTE: put_byte_piece(v, v->texts[i]); break;
    case TOKEN_UNDEFINED:
    case TOKEN_NORMAL: (v->model == VOCAB_BPE ? put_bpe_piece : put_spm_piece)(v, v->texts[i]); break;
    }
    v->pieces[i] = (str_view){.data = v->arena + start, .size = v->n_arena - start};
}

sw_code vocab_finish(vocabulary *v, sw_err *err)
{
    for (int b = 0; b < 256; b++)
        v->byte_ids[b] = find_byte(v, (uint8_t)b);
    for (size_t i = 0; i < v->n; i++)
        put_piece(v, i);
    // Where all three exist, <|end|> ends a message and the turn goes on (Harmony, and its relative with <|calls|>).
    const int32_t end = vocab_find(v, "<|end|>");
    const bool is_harmony = vocab_find(v, "<|return|>") >= 0 && vocab_find(v, "<|call|>") >= 0;
    const bool is_relative = vocab_find(v, "<|calls|>") >= 0 && vocab_find(v, "<|flush|>") >= 0;
    if (end >= 0 && (is_harmony || is_relative))
        v->ends[end] = false;
    if (!special_lengths_init(&v->specials, v))
        return sw_fail(err, SW_ENOMEM, "not enough memory for the special tokens of the vocabulary");
    return SW_OK;
}

/* ---- without a file ---- */

/* Adds a normal token, spelled with byte characters.  False when memory is short. */
static bool add_spelled(vocabulary *v, const char *bytes, size_t n)
{
    buf spelled;
    buf_init(&spelled, 2 * n);
    bpe_spell_bytes(bytes, n, &spelled);
    const bool ok = spelled.failed == SW_OK;
    if (ok)
        vocab_add(v, (str_view){buf_str(&spelled), spelled.size}, TOKEN_NORMAL);
    buf_free(&spelled);
    return ok;
}

static sw_code add_synthetic(vocabulary *v, const char *const *words, size_t n_words, const char *const *controls,
                             size_t n_controls, sw_err *err)
{
    bool ok = true;
    for (int b = 0; ok && b < 256; b++)
        ok = add_spelled(v, &(const char){(char)b}, 1);
    for (size_t i = 0; ok && i < n_words; i++)
        ok = add_spelled(v, words[i], strlen(words[i]));
    if (!ok)
        return sw_fail(err, SW_ENOMEM, "not enough memory for a synthetic vocabulary");
    for (size_t i = 0; i < n_controls; i++)
        vocab_add(v, (str_view){controls[i], strlen(controls[i])}, TOKEN_CONTROL);
    const sw_code code = vocab_index(v, err);
    return code == SW_OK ? vocab_finish(v, err) : code;
}

static size_t total_bytes(const char *const *texts, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(texts[i]);
    return bytes;
}

sw_code vocab_synthetic(vocabulary **out, const char *const *words, size_t n_words, const char *const *controls,
                        size_t n_controls, sw_err *err)
{
    *out = NULL;
    const size_t text_bytes = 2 * (256 + total_bytes(words, n_words)) + total_bytes(controls, n_controls);
    vocabulary *const v = vocab_alloc(VOCAB_BPE, 256 + n_words + n_controls, text_bytes);
    if (v == NULL)
        return sw_fail(err, SW_ENOMEM, "not enough memory for a synthetic vocabulary");
    v->pretokenizer = pretokenizer_find((str_view){"default", 7});
    snprintf(v->description, sizeof v->description, "synthetic");
    const sw_code code = add_synthetic(v, words, n_words, controls, n_controls, err);
    if (code == SW_OK)
        *out = v;
    else
        vocab_free(v);
    return code;
}
