/* word_list.c - cuts folded lines into words, and finds terms among them. */
#include "quality/word_list.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "quality/word_fold.h"

enum { COST_BYTES_MAX = 48 };

/* ---- words ------------------------------------------------------------------------------------------------------ */

typedef struct cutter {
    word_list *out;
    size_t cap;
    arena *keep;
    word here;       // line, sentence, column and kind of the next word
    bool is_pattern; // a star belongs to a word
    bool has_word;   // in this sentence
} cutter;

static bool push(cutter *c, const char *s, size_t n)
{
    if (n == 0)
        return true;
    if (!mem_grow(&c->out->items, &c->cap, c->out->n + 1, sizeof *c->out->items))
        return false;
    word *const w = &c->out->items[c->out->n++];
    *w = c->here;
    w->n = (unsigned)n;
    w->s = arena_copy(c->keep, s, n);
    c->has_word = true;
    return w->s != NULL;
}

static void end_sentence(cutter *c)
{
    c->here.sentence += c->has_word;
    c->has_word = false;
}

/* "o(n log n)" at s: writes "o(nlogn)" and returns how many bytes it takes; 0: this is no cost. */
static size_t take_cost(const char *s, size_t n, char out[COST_BYTES_MAX + 1])
{
    size_t i = 1 + strspn(s + 1, " {}("), depth = 0, n_out = 2;
    if (s[0] != 'o' || memchr(s + 1, '(', i - 1) == NULL)
        return 0;
    memcpy(out, "o(", 3);
    for (; i < n && n_out < COST_BYTES_MAX; i++) {
        if (s[i] == '(')
            depth++;
        else if (s[i] == ')' && depth-- == 0)
            break;
        else if (strncmp(s + i, "log 2", 5) == 0 || strncmp(s + i, "log2", 4) == 0) {
            memcpy(out + n_out, "log", 3);
            n_out += 3;
            i += s[i + 3] == ' ' ? 4 : 3;
        } else if (isalnum((unsigned char)s[i]) || strchr("^!+/", s[i]) != NULL)
            out[n_out++] = s[i];
    }
    if (i >= n || n_out + 4 >= COST_BYTES_MAX)
        return 0;
    memcpy(out + n_out, ")", 2);
    return i + 1;
}

/* A full stop within a sentence: "e.g. this", "3. 5", a single letter, or a small letter after it. */
static bool ends_sentence(const cutter *c, const char *s, size_t i, size_t n)
{
    if (s[i] != '.' && s[i] != '!' && s[i] != '?' && s[i] != ';')
        return false;
    if (i + 1 < n && !isspace((unsigned char)s[i + 1]) && strchr("\"')*", s[i + 1]) == NULL)
        return false;
    if (s[i] != '.' || c->out->n == 0)
        return true;
    const word *const last = &c->out->items[c->out->n - 1];
    return strcmp(last->s, "vs") != 0 && strcmp(last->s, "g") != 0 && strcmp(last->s, "e") != 0;
}

static size_t word_length(const cutter *c, const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && (word_has_byte(s[i]) || (s[i] == '\'' && i > 0 && i + 1 < n && word_has_byte(s[i + 1]))))
        i++;
    return i + (c->is_pattern && i < n && s[i] == '*');
}

/* The length without a possessive "'s". */
static size_t without_s(const char *s, size_t n)
{
    return n > 2 && s[n - 2] == '\'' && s[n - 1] == 's' ? n - 2 : n;
}

static bool cut(cutter *c, const char *s, size_t n)
{
    char cost[COST_BYTES_MAX + 1];
    for (size_t i = 0; i < n;) {
        const bool is_start = i == 0 || !word_has_byte(s[i - 1]);
        const size_t n_cost = is_start ? take_cost(s + i, n - i, cost) : 0;
        const size_t length = n_cost > 0 ? n_cost : word_length(c, s + i, n - i);
        if (n_cost > 0 ? !push(c, cost, strlen(cost)) : !push(c, s + i, without_s(s + i, length)))
            return false;
        if (length == 0 && (s[i] == '<' || s[i] == '>') && !push(c, s + i, 1))
            return false;
        if (length == 0 && ends_sentence(c, s, i, n))
            end_sentence(c);
        if (length == 0 && s[i] == '|' && c->here.kind == MD_ROW)
            c->here.column++;
        i += length > 0 ? length : 1;
    }
    return true;
}

bool word_list_read(word_list *out, const markdown *text, arena *keep)
{
    *out = (word_list){0};
    cutter c = {.out = out, .keep = keep};
    buf folded;
    buf_init(&folded, (size_t)1 << 30);
    bool ok = true;
    for (size_t i = 0; ok && i < text->n; i++) {
        const md_line *const l = &text->lines[i];
        if (l->kind != MD_TEXT || (i > 0 && text->lines[i - 1].kind == MD_HEADING))
            end_sentence(&c);
        c.here.line = (unsigned)i;
        c.here.kind = l->kind;
        c.here.column = 0;
        word_fold(&folded, l->text, l->n);
        ok = folded.failed == SW_OK && cut(&c, buf_str(&folded), folded.size);
    }
    buf_free(&folded);
    end_sentence(&c);
    out->n_sentences = c.here.sentence;
    word *const items = ok ? arena_alloc(keep, (out->n + 1) * sizeof *items) : NULL;
    if (items != NULL && out->n > 0)
        memcpy(items, out->items, out->n * sizeof *items);
    mem_free(out->items);
    out->items = items;
    return items != NULL;
}

/* ---- terms ------------------------------------------------------------------------------------------------------ */

static bool read_term(term *out, const char *source, size_t n, arena *keep)
{
    word_list words = {0};
    cutter c = {.out = &words, .keep = keep, .is_pattern = true};
    char folded[256];
    size_t n_folded = 0;
    for (size_t i = 0; i < n && n_folded + 1 < sizeof folded; i++)
        folded[n_folded++] = source[i] == '_' ? ' ' : (char)tolower((unsigned char)source[i]);
    folded[n_folded] = '\0';
    const bool ok = cut(&c, folded, n_folded);
    out->n = words.n;
    out->words = ok ? arena_alloc(keep, (words.n + 1) * sizeof *out->words) : NULL;
    if (out->words != NULL && words.n > 0)
        memcpy(out->words, words.items, words.n * sizeof *out->words);
    mem_free(words.items);
    return out->words != NULL;
}

bool term_group_read(term_group *out, const char *source, arena *keep)
{
    size_t n_terms = 1;
    for (const char *p = source; *p != '\0'; p++)
        n_terms += *p == '|';
    *out = (term_group){.source = source, .is_forbidden = source[0] == '!'};
    out->terms = arena_alloc(keep, n_terms * sizeof *out->terms);
    if (out->terms == NULL)
        return false;
    for (const char *p = source + out->is_forbidden; *p != '\0';) {
        const size_t n = strcspn(p, "|");
        if (!read_term(&out->terms[out->n], p, n, keep))
            return false;
        out->n += out->terms[out->n].n > 0;
        p += n + (p[n] == '|');
    }
    return true;
}

bool word_fits(const word *pattern, const word *w)
{
    const bool is_open = pattern->n > 1 && pattern->s[pattern->n - 1] == '*';
    const unsigned n = pattern->n - is_open;
    return (is_open ? w->n >= n : w->n == n) && memcmp(pattern->s, w->s, n) == 0;
}

static bool term_fits(const term *t, const word_list *list, size_t i)
{
    if (t->n > list->n - i)
        return false;
    for (size_t k = 0; k < t->n; k++) {
        if (!word_fits(&t->words[k], &list->items[i + k]))
            return false;
    }
    return true;
}

size_t term_group_at(const term_group *group, const word_list *list, size_t i)
{
    size_t longest = 0;
    for (size_t t = 0; t < group->n; t++) {
        if (group->terms[t].n > longest && term_fits(&group->terms[t], list, i))
            longest = group->terms[t].n;
    }
    return longest;
}

bool word_is_one_of(const word *w, const char *list)
{
    char padded[32];
    if (w->n + 3 > sizeof padded)
        return false;
    padded[0] = ' ';
    memcpy(padded + 1, w->s, w->n);
    memcpy(padded + 1 + w->n, " ", 2);
    return strstr(list, padded) != NULL;
}
