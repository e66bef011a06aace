/* config_file.c - lines of a configuration file, each read once and strictly.
 *
 * A line is blank, a comment that begins with '#', `[section]` or `name = value`.  A comment may follow a section, or
 * a value after a blank.  A value in double quotes is taken as it is; there are no escapes, and no line continues
 * another.
 */
#include "cmd/config_file.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static const char BLANKS[] = " \t";

typedef struct reading {
    const config_reader *reader;
    config_setting at;
    sw_err *err;
} reading;

static sw_code fail(const reading *r, const char *what, const char *text)
{
    return sw_fail(r->err, SW_EINVAL, "%s:%d: '%.60s' %s", r->reader->path, r->at.line, text, what);
}

/* Cuts blanks off both ends. */
static char *trim(char *s)
{
    s += strspn(s, BLANKS);
    size_t n = strlen(s);
    while (n > 0 && strchr(BLANKS, s[n - 1]) != NULL)
        n--;
    s[n] = '\0';
    return s;
}

/* Returns true if `rest` is nothing but blanks and a comment. */
static bool is_end(const char *rest)
{
    const char c = rest[strspn(rest, BLANKS)];
    return c == '\0' || c == '#';
}

/* Cuts off a comment: from the first '#' after a blank. */
static void cut_comment(char *value)
{
    for (char *p = value; (p = strchr(p, '#')) != NULL; p++) {
        if (p == value || strchr(BLANKS, p[-1]) != NULL) {
            *p = '\0';
            return;
        }
    }
}

static sw_code read_section(reading *r, char *line)
{
    char *const end = strchr(line, ']');
    if (end == NULL || !is_end(end + 1))
        return fail(r, "begins like a section, but is not [NAME] alone", line);
    *end = '\0';
    r->at.section = trim(line + 1);
    r->at.name = r->at.value = NULL;
    return r->reader->take(r->reader->ud, &r->at, r->err);
}

static sw_code read_setting(reading *r, char *line)
{
    char *const equals = strchr(line, '=');
    if (equals == NULL)
        return fail(r, "is neither [SECTION] nor NAME = VALUE", line);
    if (r->at.section == NULL)
        return fail(r, "is in no section: the name of a command, such as [serve], must come before", line);
    *equals = '\0';
    char *value = trim(equals + 1);
    char *const quote = value[0] == '"' ? strchr(value + 1, '"') : NULL;
    if (value[0] == '"' && (quote == NULL || !is_end(quote + 1)))
        return fail(r, "has a quote at its beginning, but none at its end", value);
    if (quote != NULL) {
        *quote = '\0';
        value++;
    } else {
        cut_comment(value);
        value = trim(value);
    }
    r->at.name = trim(line);
    r->at.value = value;
    return r->reader->take(r->reader->ud, &r->at, r->err);
}

/* Refuses what no editor shows: control characters, and bytes that are not UTF-8. */
static sw_code check_text(const reading *r, const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
            return sw_fail(r->err, SW_EINVAL, "%s:%d: the line has a control character", r->reader->path, r->at.line);
    }
    if (!utf8_valid(line, n))
        return sw_fail(r->err, SW_EINVAL, "%s:%d: the line is not UTF-8", r->reader->path, r->at.line);
    return SW_OK;
}

static sw_code read_line(reading *r, char *line, size_t n)
{
    if (n > 0 && line[n - 1] == '\r')
        line[--n] = '\0';
    const sw_code code = check_text(r, line, n);
    if (code != SW_OK || is_end(line))
        return code;
    line = trim(line);
    return line[0] == '[' ? read_section(r, line) : read_setting(r, line);
}

sw_code config_file_read(char *text, size_t n, const config_reader *reader, sw_err *err)
{
    reading r = {.reader = reader, .err = err};
    char *const end = text + n;
    sw_code code = SW_OK;
    while (text < end && code == SW_OK) {
        char *const newline = memchr(text, '\n', (size_t)(end - text));
        char *const stop = newline != NULL ? newline : end;
        *stop = '\0';
        r.at.line++;
        code = read_line(&r, text, (size_t)(stop - text));
        text = stop + 1;
    }
    return code;
}
