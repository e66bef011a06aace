/* http_head.c - request heads: bytes to lines, lines to fields, fields to what they mean for the connection. */
#include "http/http_head.h"

#include <string.h>
#include <strings.h>

#include "http/guard.h"
#include "http/http_problem.h"
#include "http/http_target.h"

void http_head_init(http_head *h, size_t bytes_max)
{
    *h = (http_head){.bytes_max = bytes_max};
    buf_init(&h->text, 2 * bytes_max + 3 * LIMIT_HTTP_HEADER_LINES + 1); // the lines, and values once more, joined
    buf_init(&h->derived, 2 * bytes_max + 2);
}

void http_head_free(http_head *h)
{
    const size_t bytes_max = h->bytes_max;
    buf_free(&h->text);
    buf_free(&h->derived);
    http_head_init(h, bytes_max);
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *s, size_t n)
{
    static const char OTHERS[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < n; i++) {
        const char lower = (char)(s[i] | 0x20);
        const bool is_plain = (lower >= 'a' && lower <= 'z') || (s[i] >= '0' && s[i] <= '9');
        if (!is_plain && memchr(OTHERS, s[i], sizeof OTHERS - 1) == NULL)
            return false;
    }
    return n > 0;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static bool read_request_line(http_head *h, char *line, http_problem *p)
{
    char *const target = strchr(line, ' ');
    char *const version = target != NULL ? strchr(target + 1, ' ') : NULL;
    if (version == NULL || !is_token(line, (size_t)(target - line)) || version == target + 1)
        return http_problem_set(p, HTTP_BAD_HEAD, "the request line is not METHOD TARGET VERSION");
    *target = *version = '\0';
    h->is_http10 = strcmp(version + 1, "HTTP/1.0") == 0;
    if (!h->is_http10 && strcmp(version + 1, "HTTP/1.1") != 0)
        return http_problem_set(p, HTTP_BAD_HEAD, "the version is '%.20s'; HTTP/1.1 and HTTP/1.0 are served",
                                version + 1);
    for (const char *s = target + 1; *s != '\0'; s++) {
        if (*s <= ' ' || *s > '~')
            return http_problem_set(p, HTTP_BAD_HEAD, "the target has bytes that must be percent-encoded");
    }
    h->target = (uint32_t)(target + 1 - h->text.data);
    h->has_request_line = true;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool read_field(http_head *h, char *line, size_t n, http_problem *p)
{
    if (is_blank(line[0]))
        return http_problem_set(p, HTTP_BAD_HEAD, "a header line begins with a blank (folded lines are not read)");
    char *const colon = memchr(line, ':', n);
    if (colon == NULL)
        return http_problem_set(p, HTTP_BAD_HEAD, "a header line has no colon: '%.60s'", line);
    if (!is_token(line, (size_t)(colon - line)))
        return http_problem_set(p, HTTP_BAD_HEAD, "'%.*s' is not the name of a header",
                                (int)(colon - line < 60 ? colon - line : 60), line);
    if (h->n_fields == LIMIT_HTTP_HEADER_LINES)
        return http_problem_set(p, HTTP_HEAD_TOO_LARGE, "the request has more than %d header lines",
                                LIMIT_HTTP_HEADER_LINES);
    for (char *s = line; s < colon; s++)
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s | 0x20 : *s);
    *colon = '\0';
    char *value = colon + 1, *end = line + n;
    while (is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    *end = '\0';
    h->fields[h->n_fields++] = (http_head_field){(uint32_t)(line - h->text.data), (uint32_t)(value - h->text.data)};
    return true;
}

/* ---- the whole head --------------------------------------------------------------------------------------------- */

static const char *name_of(const http_head *h, size_t i)
{
    return h->text.data + h->fields[i].name;
}

static size_t count(const http_head *h, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n_fields; i++)
        n += strcmp(name_of(h, i), name) == 0;
    return n;
}

const char *http_head_value(const http_head *h, const char *name)
{
    for (size_t i = 0; i < h->n_fields; i++) {
        if (strcmp(name_of(h, i), name) == 0)
            return h->text.data + h->fields[i].value;
    }
    return NULL;
}

/* Appends the string at an offset of `text` to it; the buffer may move meanwhile. */
static void append_own(buf *text, uint32_t at)
{
    const size_t n = strlen(text->data + at);
    for (size_t i = 0; i < n && text->failed == SW_OK; i++)
        buf_putc(text, text->data[at + i]);
}

/* Gives the first line of each name the values of all: "a", "b" -> "a, b" (RFC 9110, section 5.3). */
static void join_values(http_head *h)
{
    for (size_t i = 0; i < h->n_fields; i++) {
        const size_t at = h->text.size;
        for (size_t j = i + 1; j < h->n_fields && h->text.failed == SW_OK; j++) {
            if (name_of(h, i)[0] == '\0' || strcmp(name_of(h, j), name_of(h, i)) != 0)
                continue;
            if (h->text.size == at)
                append_own(&h->text, h->fields[i].value);
            buf_puts(&h->text, ", ");
            append_own(&h->text, h->fields[j].value);
            h->fields[j].name =
                h->fields[j].value + (uint32_t)strlen(h->text.data + h->fields[j].value); // "": not found
        }
        if (h->text.size > at) {
            buf_putc(&h->text, '\0');
            h->fields[i].value = (uint32_t)at;
        }
    }
}

static bool check_host(http_head *h, http_problem *p)
{
    const size_t n = count(h, "host");
    if (n > 1)
        return http_problem_set(p, HTTP_BAD_HEAD, "there is more than one Host header");
    if (n == 0)
        return h->is_http10 || http_problem_set(p, HTTP_BAD_HEAD, "the Host header is missing");
    const char *const host = http_head_value(h, "host");
    return http_target_is_authority(host, strlen(host)) ||
           http_problem_set(p, HTTP_BAD_HEAD, "the Host header is not HOST or HOST:PORT");
}

/* How the end of the body is found.  Two ways at once, or a doubtful one, is how one request becomes two. */
static bool check_framing(http_head *h, http_problem *p)
{
    const char *const encoding = http_head_value(h, "transfer-encoding"), *const length =
                                                                              http_head_value(h, "content-length");
    if (count(h, "content-length") > 1)
        return http_problem_set(p, HTTP_BAD_HEAD, "there is more than one Content-Length header");
    if (encoding != NULL && (length != NULL || h->is_http10 || count(h, "transfer-encoding") > 1))
        return http_problem_set(p, HTTP_BAD_HEAD,
                                "Transfer-Encoding must come alone, without Content-Length, in HTTP/1.1");
    if (encoding != NULL && strcasecmp(encoding, "chunked") != 0)
        return http_problem_set(p, HTTP_BAD_HEAD, "Transfer-Encoding is '%.40s'; only chunked is read", encoding);
    if (length != NULL && !guard_parse_content_length(length, &h->length))
        return http_problem_set(p, HTTP_BAD_HEAD, "Content-Length is not a number");
    h->is_chunked = encoding != NULL;
    h->has_length = length != NULL;
    return true;
}

bool http_head_list_has(const char *list, const char *word)
{
    const size_t n = strlen(word);
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", \t");
        const size_t n_item = strcspn(list, ", \t");
        if (n_item == n && strncasecmp(list, word, n) == 0)
            return true;
        list += n_item;
    }
    return false;
}

/* The target's path and, if it has one, its host, which then counts instead of the Host header (RFC 9112, 3.2.2). */
static bool read_target(http_head *h, http_problem *p)
{
    http_target t;
    if (!http_target_split(h->text.data + h->target, h->text.data, &t, p) ||
        !http_target_decode(t.path, t.n_path, &h->derived, p))
        return false;
    const size_t authority_at = h->derived.size;
    const char *const host = http_head_value(h, "host");
    if (t.authority != NULL)
        buf_append(&h->derived, t.authority, t.n_authority);
    else
        buf_puts(&h->derived, host != NULL ? host : "");
    h->method = h->text.data;
    h->query = t.query;
    h->path = h->derived.data;
    h->authority = buf_str(&h->derived) + authority_at;
    return true;
}

/* After the empty line.  Checks come before values are joined, so that they see every line. */
static http_head_state finish(http_head *h, http_problem *p)
{
    if (!check_host(h, p) || !check_framing(h, p))
        return HTTP_HEAD_REFUSED;
    join_values(h);
    if (h->text.failed == SW_OK && !read_target(h, p))
        return HTTP_HEAD_REFUSED;
    if (h->text.failed != SW_OK || h->derived.failed != SW_OK) {
        http_problem_set(p, HTTP_NO_MEMORY, "not enough memory for the request");
        return HTTP_HEAD_REFUSED;
    }
    const char *const connection = http_head_value(h, "connection"), *const expect = http_head_value(h, "expect");
    h->wants_keep_alive =
        !http_head_list_has(connection, "close") && (!h->is_http10 || http_head_list_has(connection, "keep-alive"));
    h->wants_continue = !h->is_http10 && expect != NULL && strcasecmp(expect, "100-continue") == 0;
    return HTTP_HEAD_DONE;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static http_head_state end_line(http_head *h, http_problem *p)
{
    const size_t n = h->text.size - h->line_at;
    buf_putc(&h->text, '\0');
    if (h->text.failed != SW_OK) {
        http_problem_set(p, HTTP_NO_MEMORY, "not enough memory for the request");
        return HTTP_HEAD_REFUSED;
    }
    char *const line = h->text.data + h->line_at;
    if (n == 0 && h->has_request_line)
        return finish(h, p);
    if (n == 0 && !h->has_empty_line) {
        h->has_empty_line = true;
        buf_clear(&h->text);
        return HTTP_HEAD_MORE;
    }
    if (!(h->has_request_line ? read_field(h, line, n, p) : read_request_line(h, line, p)))
        return HTTP_HEAD_REFUSED;
    h->line_at = h->text.size;
    return HTTP_HEAD_MORE;
}

static bool check_byte(const http_head *h, char c, http_problem *p)
{
    if (h->n_bytes == h->bytes_max)
        return http_problem_set(p, HTTP_HEAD_TOO_LARGE, "the request's head is larger than %zu bytes", h->bytes_max);
    if ((c == '\n') != h->has_cr)
        return http_problem_set(p, HTTP_BAD_HEAD, "a line of the request's head does not end in CR LF");
    if (((unsigned char)c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
        return http_problem_set(p, HTTP_BAD_HEAD, "the request's head has the control byte 0x%02x", (unsigned char)c);
    return true;
}

http_head_state http_head_feed(http_head *h, const char *data, size_t n, size_t *n_used_out, http_problem *p)
{
    for (size_t i = 0; i < n; i++) {
        http_head_state state = HTTP_HEAD_MORE;
        *n_used_out = i + 1;
        if (!check_byte(h, data[i], p))
            return HTTP_HEAD_REFUSED;
        h->n_bytes++;
        h->has_cr = data[i] == '\r';
        if (data[i] == '\n')
            state = end_line(h, p);
        else if (data[i] != '\r')
            buf_putc(&h->text, data[i]);
        if (state != HTTP_HEAD_MORE)
            return state;
    }
    *n_used_out = n;
    return HTTP_HEAD_MORE;
}
