/* json_print.c - jansson writes the document, and what it leaves as it is, is escaped. */
#include "cmd/json_print.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

bool json_print(const json_t *root, size_t flags)
{
    char *const text = root != NULL ? json_dumps(root, flags) : NULL;
    if (text == NULL)
        return false;
    buf out;
    buf_init(&out, SIZE_MAX);
    escape_json_document(&out, text, strlen(text));
    buf_putc(&out, '\n');
    free(text);
    const bool ok = out.failed == SW_OK && fwrite(out.data, 1, out.size, stdout) == out.size && fflush(stdout) == 0;
    buf_free(&out);
    return ok;
}
