#include "support/gguf_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

gguf_builder gguf_built;

int gguf_case_begin(void **state)
{
    (void)state;
    builder_begin(&gguf_built);
    return 0;
}

int gguf_case_end(void **state)
{
    (void)state;
    builder_end(&gguf_built);
    return 0;
}

const uint64_t GGUF_ROW_OF_4[4] = {4};

void gguf_add_row(const char *name)
{
    static const float VALUES[4] = {1, 2, 3, 4};
    builder_tensor(&gguf_built, name, TYPE_F32, GGUF_ROW_OF_4, VALUES, sizeof VALUES);
}

temp_path gguf_case_path(void)
{
    return temp_file("model.gguf");
}

void gguf_again(gguf_builder *b)
{
    builder_end(b);
    builder_begin(b);
}

gguf_file *gguf_opened(const gguf_builder *b)
{
    const temp_path path = gguf_case_path();
    builder_write(b, path.s);
    gguf_file *g;
    sw_err err = {0};
    if (gguf_open(&g, path.s, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return g;
}

void gguf_open_fails(const char *path, sw_code expected, const char *named)
{
    gguf_file *g = (gguf_file *)(uintptr_t)1;
    sw_err err = {0};
    const sw_code code = gguf_open(&g, path, &err);
    assert_null(g);
    if (code != expected || strstr(err.msg, named) == NULL || strstr(err.msg, path) == NULL)
        fail_msg("code '%s', message '%s'; expected '%s' and '%s'", sw_code_name(code), err.msg, sw_code_name(expected),
                 named);
}

void gguf_rejected(const gguf_builder *b, sw_code expected, const char *named)
{
    const temp_path path = gguf_case_path();
    builder_write(b, path.s);
    gguf_open_fails(path.s, expected, named);
}
