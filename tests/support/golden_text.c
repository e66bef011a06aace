/* golden_text.c - reads, compares, and writes if asked to. */
#include "support/golden_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"

enum { GOLDEN_BYTES_MAX = 16 * 1024 * 1024, SHOWN = 60 };

static void compare(const char *name, const char *golden, size_t n_golden, const char *text, size_t n)
{
    size_t i = 0;
    int line = 1;
    for (; i < n_golden && i < n && text[i] == golden[i]; i++)
        line += text[i] == '\n';
    if (i < n_golden || i < n)
        fail_msg("tests/data/reports/%s differs in line %d: '%.*s' is now '%.*s'", name, line,
                 (int)(n_golden - i < SHOWN ? n_golden - i : SHOWN), golden + i, (int)(n - i < SHOWN ? n - i : SHOWN),
                 text + i);
}

void golden_text_assert(const char *name, const char *text, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/reports/%s", SPILLWAY_TEST_DATA, name);
    if (getenv("SPILLWAY_UPDATE_GOLDEN") != NULL) {
        assert_int_equal(file_put(path, text, n, NULL), SW_OK);
        return;
    }
    char *golden;
    size_t n_golden;
    if (file_slurp(path, GOLDEN_BYTES_MAX, &golden, &n_golden, NULL) != SW_OK)
        fail_msg("tests/data/reports/%s cannot be read; SPILLWAY_UPDATE_GOLDEN=1 writes it", name);
    compare(name, golden, n_golden, text, n);
    mem_free(golden);
}
