/* Parameters of a query string: decoded once, bounded, and nothing that is malformed is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/http_query.h"

/* Reads all parameters as "name=value;"; a '!' at the end: what follows is malformed. */
static const char *read_all(const char *query, char *out, size_t size)
{
    http_param p;
    http_query_result end;
    size_t n = 0;
    out[0] = '\0';
    while ((end = http_query_next(&query, &p)) == HTTP_QUERY_PARAM)
        n += (size_t)snprintf(out + n, size - n, "%s=%s;", p.name, p.value);
    if (end == HTTP_QUERY_BAD)
        snprintf(out + n, size - n, "!");
    return out;
}

static void expect(const char *query, const char *expected)
{
    char text[512];
    assert_string_equal(read_all(query, text, sizeof text), expected);
}

static void test_parameters_are_decoded_once(void **state)
{
    (void)state;
    expect("", "");
    expect("&&", "");
    expect("a=b", "a=b;");
    expect("a&b=&=c", "a=;b=;=c;");
    expect("detail=experts&model=x%2Fy+z%C3%A9", "detail=experts;model=x/y z\xc3\xa9;");
    expect("a=b=c&%61=%2525", "a=b=c;a=%25;");
}

static void test_what_cannot_be_decoded_ends_the_reading(void **state)
{
    (void)state;
    expect("a=%", "!");
    expect("a=%2", "!");
    expect("a=%2&b", "!");
    expect("a=%zz", "!");
    expect("ok=1&a=%00", "ok=1;!");
    expect("a=%4", "!");
    expect("a=%41", "a=A;");
}

static void test_names_and_values_are_bounded(void **state)
{
    (void)state;
    char query[2 * HTTP_PARAM_VALUE_BYTES];
    http_param p;
    for (int over = 0; over < 2; over++) {
        const size_t n = HTTP_PARAM_VALUE_BYTES - 1 + (size_t)over, n_name = HTTP_PARAM_NAME_BYTES - 1 + (size_t)over;
        const char *at = query;
        memset(query, 'v', sizeof query);
        memcpy(query, "a=", 2);
        query[2 + n] = '\0';
        assert_int_equal(http_query_next(&at, &p), over ? HTTP_QUERY_BAD : HTTP_QUERY_PARAM);
        memset(query, 'n', n_name);
        query[n_name] = '\0';
        at = query;
        assert_int_equal(http_query_next(&at, &p), over ? HTTP_QUERY_BAD : HTTP_QUERY_PARAM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_are_decoded_once),
        cmocka_unit_test(test_what_cannot_be_decoded_ends_the_reading),
        cmocka_unit_test(test_names_and_values_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
