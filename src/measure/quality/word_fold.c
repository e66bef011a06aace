/* word_fold.c - a table of what stands for what. */
#include "quality/word_fold.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct replacement {
    const char *from, *to;
} replacement;

/* The first that fits counts; what is not here stays, in lower case. */
static const replacement REPLACEMENTS[] = {
    {"\\left", ""},
    {"\\right", ""},
    {"\\mathcal", ""},
    {"\\mathrm", ""},
    {"\\operatorname", ""},
    {"\\text", ""},
    {"\\times", " "},
    {"\\cdot", " "},
    {"\\theta", "o"}, // a cost's bound, whichever it is
    {"\\omega", "o"},
    {"\\leq", "<"},
    {"\\geq", ">"},
    {"\\lt", "<"},
    {"\\gt", ">"},
    {"\\", ""},
    {"<sup>", "^"},
    {"<sub>", ""},
    {"</sup>", ""},
    {"</sub>", ""},
    {"<br>", " . "},
    {"<br/>", " . "},
    {"<=", " < "},
    {">=", " > "},
    {"->", " "},
    {"=>", " "},
    {"&lt;", " < "},
    {"&gt;", " > "},
    {"**", ""},
    {"\xe2\x80\x99", "'"}, // U+2019, a closing quotation mark
    {"\xe2\x80\x98", "'"},
    {"\xe2\x80\x9c", "\""},
    {"\xe2\x80\x9d", "\""},
    {"\xe2\x80\x90", "-"}, // U+2010 and U+2011, hyphens
    {"\xe2\x80\x91", "-"},
    {"\xe2\x80\x93", " - "}, // dashes
    {"\xe2\x80\x94", " - "},
    {"\xe2\x80\xa6", "..."},
    {"\xe2\x80\xaf", " "}, // narrow and ordinary blanks that do not break
    {"\xc2\xa0", " "},
    {"\xc2\xb2", "^2"},
    {"\xc2\xb3", "^3"},
    {"\xe2\x82\x82", ""}, // U+2082: the base of a logarithm
    {"\xc3\x97", " "},    // a multiplication sign
    {"\xc2\xb7", " "},
    {"\xe2\x8b\x85", " "},
    {"\xe2\x86\x92", " "}, // an arrow
    {"\xe2\x89\xa4", " < "},
    {"\xe2\x89\xa5", " > "},
    {"\xce\x98", "o"},
    {"\xce\xa9", "o"},
};

static const replacement *replacement_at(const char *s, size_t n)
{
    if (isalnum((unsigned char)s[0]) || isspace((unsigned char)s[0])) // most characters, and none of the table
        return NULL;
    for (size_t i = 0; i < sizeof REPLACEMENTS / sizeof *REPLACEMENTS; i++) {
        const size_t length = strlen(REPLACEMENTS[i].from);
        if (length <= n && strncasecmp(REPLACEMENTS[i].from, s, length) == 0)
            return &REPLACEMENTS[i];
    }
    return NULL;
}

/* "n**2" is a power; elsewhere two stars are markup. */
static bool is_power(const char *s, size_t i, size_t n)
{
    return i > 0 && i + 2 < n && s[i] == '*' && s[i + 1] == '*' && word_has_byte(s[i - 1]) &&
           isdigit((unsigned char)s[i + 2]);
}

void word_fold(buf *out, const char *s, size_t n)
{
    buf_clear(out);
    for (size_t i = 0; i < n;) {
        const replacement *const r = is_power(s, i, n) ? &(replacement){"**", "^"} : replacement_at(s + i, n - i);
        if (r != NULL) {
            buf_puts(out, r->to);
            i += strlen(r->from);
            continue;
        }
        if (strchr("*`$", s[i]) == NULL) // markup joins what is around it
            buf_putc(out, s[i] == '_' ? ' ' : (char)tolower((unsigned char)s[i]));
        i++;
    }
}
