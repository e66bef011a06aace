/* token_lines.c - strict: what is no id between commas is refused. */
#include "cmd/token_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static sw_code put_id(token_lines *lines, int32_t id, sw_err *err)
{
    if (!mem_grow(&lines->ids, &lines->cap_ids, lines->n_ids + 1, sizeof *lines->ids))
        return sw_fail(err, SW_ENOMEM, "out of memory");
    lines->ids[lines->n_ids++] = id;
    return SW_OK;
}

static sw_code end_line(token_lines *lines, sw_err *err)
{
    if (!mem_grow(&lines->ends, &lines->cap_lines, lines->n_lines + 1, sizeof *lines->ends))
        return sw_fail(err, SW_ENOMEM, "out of memory");
    lines->ends[lines->n_lines++] = lines->n_ids;
    return SW_OK;
}

/* Reads the ids of one line; *at becomes its end, a line break or NUL. */
static sw_code parse_line(token_lines *lines, const char **at, sw_err *err)
{
    for (const char *p = *at;; p++) {
        char *end;
        const long id = strtol(p, &end, 10);
        if (end == p || memchr(p, '\n', (size_t)(end - p)) != NULL || id < 0 || id > INT32_MAX)
            return sw_fail(err, SW_EINVAL, "--tokens takes token ids separated by commas; '%.20s' is not one", p);
        const sw_code code = put_id(lines, (int32_t)id, err);
        if (code != SW_OK)
            return code;
        p = end + strspn(end, " \t\r");
        if (*p != ',') {
            *at = p;
            return *p == '\n' || *p == '\0' ? SW_OK
                                            : sw_fail(err, SW_EINVAL,
                                                      "--tokens takes token ids separated by commas; '%.20s' is not "
                                                      "one",
                                                      p);
        }
    }
}

sw_code token_lines_parse(token_lines *lines, const char *text, sw_err *err)
{
    sw_code code = SW_OK;
    const char *p = text;
    while (code == SW_OK) {
        p += strspn(p, " \t\r\n");
        if (*p == '\0')
            break;
        code = parse_line(lines, &p, err);
        if (code == SW_OK)
            code = end_line(lines, err);
    }
    return code == SW_OK && lines->n_lines == 0 ? sw_fail(err, SW_EINVAL, "--tokens holds no token id") : code;
}

sw_code token_lines_put(token_lines *lines, const int32_t *ids, size_t n, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < n && code == SW_OK; i++)
        code = put_id(lines, ids[i], err);
    return code == SW_OK ? end_line(lines, err) : code;
}

void token_lines_free(token_lines *lines)
{
    mem_free(lines->ids);
    mem_free(lines->ends);
    *lines = (token_lines){.ids = NULL};
}

const int32_t *token_lines_at(const token_lines *lines, size_t i, size_t *n_out)
{
    const size_t begin = i > 0 ? lines->ends[i - 1] : 0;
    *n_out = lines->ends[i] - begin;
    return lines->ids + begin;
}

size_t token_lines_longest(const token_lines *lines)
{
    size_t longest = 0, n;
    for (size_t i = 0; i < lines->n_lines; i++) {
        (void)token_lines_at(lines, i, &n);
        longest = n > longest ? n : longest;
    }
    return longest;
}
