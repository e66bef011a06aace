/* http_body.c - the bytes of a body, and the few states of a chunked one, each named by the byte that comes next. */
#include "http/http_body.h"

#include <string.h>

#include "http/http_problem.h"

enum { SIZE_DIGITS_MAX = 16 };

enum part {
    PART_LENGTH,       // content of a body with a Content-Length
    PART_SIZE_FIRST,   // first digit of a chunk's size
    PART_SIZE,         // another digit, or its end
    PART_EXTENSION,    // after ';'
    PART_SIZE_LF,      // after the CR of the size's line
    PART_DATA,         // content of a chunk
    PART_DATA_CR,      // after it
    PART_DATA_LF,      // and after that
    PART_LINE,         // first byte of a trailer, or the CR of the empty line that ends the body
    PART_TRAILER_NAME, // up to the colon
    PART_TRAILER,      // after it
    PART_TRAILER_LF,   // after its CR
    PART_LAST_LF,      // after the CR of the empty line
};

void http_body_init_length(http_body *b, uint64_t length)
{
    *b = (http_body){.state = PART_LENGTH, .left = length};
}

void http_body_init_chunked(http_body *b, uint64_t bytes_max)
{
    *b = (http_body){.state = PART_SIZE_FIRST, .bytes_max = bytes_max};
}

static bool bad(http_problem *p)
{
    return http_problem_set(p, HTTP_BAD_HEAD, "the chunked body is malformed");
}

static bool expect(http_body *b, char c, char wanted, enum part next, http_problem *p)
{
    b->state = next;
    return c == wanted || bad(p);
}

static bool read_digit(http_body *b, char c, http_problem *p)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char lower = (char)(c >= 'A' && c <= 'F' ? c | 0x20 : c);
    const char *const digit = memchr(DIGITS, lower, sizeof DIGITS - 1);
    if (digit == NULL)
        return bad(p);
    b->state = PART_SIZE;
    b->left = b->left * 16 + (uint64_t)(digit - DIGITS);
    if (b->left > b->bytes_max - b->total) // also keeps `left` far from overflowing
        return http_problem_set(p, HTTP_BODY_TOO_LARGE, "the body may have %llu bytes at most",
                                (unsigned long long)b->bytes_max);
    return ++b->n_digits <= SIZE_DIGITS_MAX || bad(p); // zeros in front make the size no larger
}

static bool end_size(http_body *b, char c, http_problem *p)
{
    b->total += b->left;
    return expect(b, c, '\n', b->left > 0 ? PART_DATA : PART_LINE, p);
}

/* A byte of an extension or trailer. */
static bool skip(http_body *b, char c, enum part at_end, http_problem *p)
{
    if (c == '\r') {
        b->state = at_end;
        return true;
    }
    if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
        return bad(p);
    return ++b->n_extra <= LIMIT_HTTP_CHUNK_BYTES ||
           http_problem_set(p, HTTP_HEAD_TOO_LARGE, "chunk extensions and trailers may have %d bytes at most",
                            LIMIT_HTTP_CHUNK_BYTES);
}

static bool read_trailer_name(http_body *b, char c, http_problem *p)
{
    const bool is_first = b->state == PART_LINE;
    b->state = c == ':' ? PART_TRAILER : PART_TRAILER_NAME;
    if (c <= ' ' || c > '~' || (c == ':' && is_first))
        return bad(p);
    return skip(b, c, PART_TRAILER_LF, p);
}

/* One byte that is no content. */
static bool read_byte(http_body *b, char c, http_problem *p)
{
    switch ((enum part)b->state) {
    case PART_SIZE_FIRST:
        b->left = 0;
        b->n_digits = 0;
        return read_digit(b, c, p);
    case PART_SIZE:
        if (c == ';')
            b->state = PART_EXTENSION;
        else if (c == '\r')
            b->state = PART_SIZE_LF;
        else
            return read_digit(b, c, p);
        return true;
    case PART_EXTENSION: return skip(b, c, PART_SIZE_LF, p);
    case PART_SIZE_LF: return end_size(b, c, p);
    case PART_DATA_CR: return expect(b, c, '\r', PART_DATA_LF, p);
    case PART_DATA_LF: return expect(b, c, '\n', PART_SIZE_FIRST, p);
    case PART_LINE:
        if (c == '\r') {
            b->state = PART_LAST_LF;
            return true;
        }
        return read_trailer_name(b, c, p);
    case PART_TRAILER_NAME: return read_trailer_name(b, c, p);
    case PART_TRAILER: return skip(b, c, PART_TRAILER_LF, p);
    case PART_TRAILER_LF: return expect(b, c, '\n', PART_LINE, p);
    case PART_LAST_LF: return expect(b, c, '\n', PART_LAST_LF, p);
    case PART_LENGTH:
    case PART_DATA: break;
    }
    return false;
}

/* Takes as much content as there is. */
static size_t read_content(http_body *b, const char *data, size_t n, buf *out)
{
    const size_t n_taken = n < b->left ? n : (size_t)b->left;
    if (out != NULL)
        buf_append(out, data, n_taken);
    b->left -= n_taken;
    if (b->left == 0 && b->state == PART_DATA)
        b->state = PART_DATA_CR;
    return n_taken;
}

http_body_state http_body_feed(http_body *b, const char *data, size_t n, size_t *n_used_out, buf *out, http_problem *p)
{
    size_t i = 0;
    http_body_state state = b->state == PART_LENGTH && b->left == 0 ? HTTP_BODY_DONE : HTTP_BODY_MORE;
    while (i < n && state == HTTP_BODY_MORE) {
        if (b->state == PART_LENGTH || b->state == PART_DATA) {
            i += read_content(b, data + i, n - i, out);
            state = b->state == PART_LENGTH && b->left == 0 ? HTTP_BODY_DONE : HTTP_BODY_MORE;
            continue;
        }
        const bool is_last = b->state == PART_LAST_LF;
        if (!read_byte(b, data[i++], p))
            state = HTTP_BODY_REFUSED;
        else if (is_last)
            state = HTTP_BODY_DONE;
    }
    *n_used_out = i;
    return state;
}
