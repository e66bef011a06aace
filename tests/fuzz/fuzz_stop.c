/* Any text, any stop strings, any pieces: what is released is the text before the first string that a plain search
 * finds complete, and it does not depend on where the text is cut. */
#include <stdlib.h>
#include <string.h>

#include "public/stop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the text is cut by the string that is complete first (the longest of those), or `n`. */
static size_t plain_search(const char *text, size_t n, const char *const *stops, size_t n_stops, bool *found)
{
    *found = false;
    for (size_t end = 1; end <= n; end++) {
        size_t longest = 0;
        for (size_t k = 0; k < n_stops; k++) {
            const size_t size = strlen(stops[k]);
            if (size <= end && size > longest && memcmp(text + end - size, stops[k], size) == 0)
                longest = size;
        }
        *found = longest > 0;
        if (*found)
            return end - longest;
    }
    return n;
}

static void check(const char *text, size_t n, size_t piece, const char *const *stops, size_t n_stops)
{
    stop_matcher s;
    buf out;
    sw_err err = {0};
    buf_init(&out, n + 1);
    if (stop_init(&s, stops, n_stops, &err) != SW_OK)
        abort();
    bool is_found = false, found = false;
    const size_t n_released = plain_search(text, n, stops, n_stops, &is_found);
    for (size_t i = 0; i < n; i += piece)
        found = stop_feed(&s, text + i, piece < n - i ? piece : n - i, &out);
    stop_flush(&s, &out);
    if (found != is_found || out.size != n_released || memcmp(buf_str(&out), text, n_released) != 0)
        abort();
    const char *const ended_by = found ? stops[s.which] : "";
    if (memcmp(text + n_released, ended_by, strlen(ended_by)) != 0) // it is the longest, so nothing less is removed
        abort();
    buf_free(&out);
    stop_clear(&s);
}

/* Three bytes choose the piece and the lengths of two strings, which follow; the rest is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    const size_t piece = 1 + data[0] % 16;
    char strings[2][16] = {{0}};
    size_t pos = 3;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0, n = 1 + data[1 + k] % 15; i < n && pos < size && data[pos] != '\0'; i++)
            strings[k][i] = (char)data[pos++];
        if (strings[k][0] == '\0')
            return 0;
    }
    const char *const stops[] = {strings[0], strings[1]};
    check((const char *)data + pos, size - pos, piece, stops, 2);
    return 0;
}
