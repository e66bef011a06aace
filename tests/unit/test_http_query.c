/* Parameters of queries: what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/http_query.h"

/* Reads the next parameter, which must be this one. */
static void expect(const char **rest, const char *name, const char *value)
{
    http_param p;
    assert_int_equal(http_query_next(rest, &p), HTTP_QUERY_PARAM);
    assert_string_equal(p.name, name);
    assert_string_equal(p.value, value);
}

static void test_parameters_come_in_their_order(void **state)
{
    (void)state;
    http_param p;
    const char *rest = "&a=1&&b=&c&=d&a=2&e=f=g&";
    expect(&rest, "a", "1");
    expect(&rest, "b", "");
    expect(&rest, "c", "");
    expect(&rest, "", "d");
    expect(&rest, "a", "2");
    expect(&rest, "e", "f=g");
    assert_int_equal(http_query_next(&rest, &p), HTTP_QUERY_END);
    assert_int_equal(http_query_next(&rest, &p), HTTP_QUERY_END);
    rest = "";
    assert_int_equal(http_query_next(&rest, &p), HTTP_QUERY_END);
}

static void test_escapes_are_decoded_once_after_splitting(void **state)
{
    (void)state;
    const char *rest = "two+words=%26%3D%2526&%C3%A9=+";
    expect(&rest, "two words", "&=%26");
    expect(&rest, "\xc3\xa9", " ");
}

static void test_broken_escapes_and_zero_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"a=%", "a=%4", "a=%4g", "%=1", "a=%00", "a%00b=1", "a=%2&b=1"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        http_param p;
        const char *rest = BAD[i];
        if (http_query_next(&rest, &p) != HTTP_QUERY_BAD)
            fail_msg("'%s' is read", BAD[i]);
    }
}

static void test_names_and_values_have_a_length(void **state)
{
    (void)state;
    http_param p;
    char query[400];
    memset(query, 'x', sizeof query);
    query[sizeof p.name - 1] = '=';
    query[sizeof p.name + sizeof p.value - 1] = '\0';
    const char *rest = query;
    assert_int_equal(http_query_next(&rest, &p), HTTP_QUERY_PARAM);
    assert_int_equal(strlen(p.name), sizeof p.name - 1);
    assert_int_equal(strlen(p.value), sizeof p.value - 1);
    query[sizeof p.name + sizeof p.value - 1] = 'x';
    query[sizeof p.name + sizeof p.value] = '\0';
    rest = query;
    assert_int_equal(http_query_next(&rest, &p), HTTP_QUERY_BAD);
    memset(query, 'x', sizeof p.name);
    strcpy(query + sizeof p.name, "=1");
    rest = query;
    assert_int_equal(http_query_next(&rest, &p), HTTP_QUERY_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_come_in_their_order),
        cmocka_unit_test(test_escapes_are_decoded_once_after_splitting),
        cmocka_unit_test(test_broken_escapes_and_zero_bytes_are_refused),
        cmocka_unit_test(test_names_and_values_have_a_length),
    };
    return cmocka_run_group_tests_name("queries", tests, NULL, NULL);
}
