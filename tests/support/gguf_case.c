#include "support/gguf_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

temp_path gguf_case_path(void)
{
    return temp_file("model.gguf");
}

void gguf_again(gguf_builder *b)
{
    gguf_end(b);
    gguf_begin(b);
}

sw_gguf *gguf_opened(const gguf_builder *b)
{
    const temp_path path = gguf_case_path();
    gguf_write(b, path.s);
    sw_gguf *g;
    sw_err err = {0};
    if (sw_gguf_open(&g, path.s, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return g;
}

void gguf_open_fails(const char *path, sw_code expected, const char *named)
{
    sw_gguf *g = (sw_gguf *)(uintptr_t)1;
    sw_err err = {0};
    const sw_code code = sw_gguf_open(&g, path, &err);
    assert_null(g);
    if (code != expected || strstr(err.msg, named) == NULL || strstr(err.msg, path) == NULL)
        fail_msg("code '%s', message '%s'; expected '%s' and '%s'", sw_code_name(code), err.msg, sw_code_name(expected),
                 named);
}

void gguf_rejected(const gguf_builder *b, sw_code expected, const char *named)
{
    const temp_path path = gguf_case_path();
    gguf_write(b, path.s);
    gguf_open_fails(path.s, expected, named);
}
