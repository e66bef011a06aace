/* event_json.c - good JSON is parsed at once; what the parser refuses is copied with replacements and parsed again. */
#include "client/event_json.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "client/raw_text.h"
#include "json/json_memory.h"

static const char NO_MEMORY[] = "out of memory";

/* The number of "\uXXXX" at s, or -1. */
static long escape_at(const char *s, size_t n)
{
    char digits[5] = {0};
    if (n < 6 || s[0] != '\\' || s[1] != 'u')
        return -1;
    memcpy(digits, s + 2, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

/* Copies the escape at s, which begins with a backslash: half of a surrogate pair is replaced.  Returns the bytes
 * taken. */
static size_t put_escape(buf *out, const char *s, size_t n)
{
    const long unit = escape_at(s, n);
    if (unit < 0xd800 || unit > 0xdfff) {
        const size_t n_taken = unit >= 0 ? 6 : n < 2 || (unsigned char)s[1] >= 0x80 ? 1 : 2;
        buf_append(out, s, n_taken);
        return n_taken;
    }
    const long next = escape_at(s + 6, n - 6);
    const bool is_pair = unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff;
    buf_append(out, is_pair ? s : "\\ufffd", is_pair ? 12 : 6);
    return is_pair ? 12 : 6;
}

static bool is_out_of_range(const char *number)
{
    if (strpbrk(number, ".eE") != NULL)
        return isinf(strtod(number, NULL));
    errno = 0;
    (void)strtoll(number, NULL, 10);
    return errno == ERANGE;
}

/* Copies the number at s, or null if it is out of range; returns the bytes taken. */
static size_t put_number(buf *out, const char *s, size_t n)
{
    size_t n_taken = 0;
    while (n_taken < n && s[n_taken] != '\0' && strchr("+-.0123456789eE", s[n_taken]) != NULL)
        n_taken++;
    const size_t start = out->size;
    buf_append(out, s, n_taken);
    if (out->failed != SW_OK)
        return n_taken;
    if (is_out_of_range(out->data + start)) {
        out->size = start;
        buf_puts(out, "null");
    }
    return n_taken;
}

/* Copies what is at s outside strings: Python's and JavaScript's words for numbers that JSON lacks become null. */
static size_t put_token(buf *out, const char *s, size_t n)
{
    static const char *const WORDS[] = {"NaN", "-NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        const size_t n_word = strlen(WORDS[i]);
        if (n >= n_word && memcmp(s, WORDS[i], n_word) == 0) {
            buf_puts(out, "null");
            return n_word;
        }
    }
    return *s == '-' || (*s >= '0' && *s <= '9') ? put_number(out, s, n) : raw_text_put_char(out, s, n);
}

static void repair(buf *out, const char *s, size_t n)
{
    bool in_string = false;
    for (size_t i = 0; i < n;) {
        if (s[i] == '"') {
            in_string = !in_string;
            buf_putc(out, s[i++]);
        } else if (!in_string) {
            i += put_token(out, s + i, n - i);
        } else if (s[i] == '\\') {
            i += put_escape(out, s + i, n - i);
        } else {
            i += raw_text_put_char(out, s + i, n - i);
        }
    }
}

/* The document; NULL with the reason in *why, which is memory if that was short. */
static json_t *load(const char *text, size_t n, json_error_t *why)
{
    json_t *root = NULL;
    const bool has_begun = json_memory_begin(n);
    if (has_begun)
        root = json_memory_read(text, n, JSON_ALLOW_NUL, why);
    if (!has_begun || !json_memory_end(&root))
        snprintf(why->text, sizeof why->text, "%s", NO_MEMORY);
    return root;
}

/* One replacement of a byte has three bytes. */
json_t *event_json_load(const char *text, size_t n, json_error_t *why)
{
    json_t *root = load(text, n, why);
    if (root != NULL)
        return root;
    buf repaired;
    buf_init(&repaired, 3 * n + 16);
    repair(&repaired, text, n);
    if (repaired.failed == SW_OK)
        root = load(buf_str(&repaired), repaired.size, why);
    else
        snprintf(why->text, sizeof why->text, "%s", NO_MEMORY);
    buf_free(&repaired);
    return root;
}

bool event_json_is_no_memory(const json_error_t *why)
{
    return strcmp(why->text, NO_MEMORY) == 0;
}
