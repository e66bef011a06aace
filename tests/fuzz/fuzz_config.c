/* Any bytes as a configuration file: refused with its line, or every setting is clean text in a section. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cmd/config_file.h"
#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    const size_t n = strlen(text);
    check(utf8_valid(text, n));
    for (size_t i = 0; i < n; i++)
        check((unsigned char)text[i] >= ' ' || text[i] == '\t');
}

/* `ud` is the line of the setting before. */
static sw_code take(void *ud, const config_setting *s, sw_err *err)
{
    (void)err;
    check(s->line > *(int *)ud);
    *(int *)ud = s->line;
    check(s->section != NULL && (s->name != NULL) == (s->value != NULL));
    check_text(s->section);
    if (s->name != NULL) {
        check_text(s->name);
        check_text(s->value);
    }
    return SW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int line = 0;
    sw_err err = {0};
    const config_reader reader = {.path = "fuzz", .take = take, .ud = &line};
    char *const text = malloc(size + 1);
    check(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    const sw_code code = config_file_read(text, size, &reader, &err);
    check((code == SW_OK) == (err.msg[0] == '\0'));
    free(text);
    return 0;
}
