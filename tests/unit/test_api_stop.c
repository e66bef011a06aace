/* Stop strings: found wherever the pieces are cut, earliest end first, and nothing of a match is ever released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "public/stop.h"

enum { MAX_STOPS = 4 };

/* Feeds `text` in pieces of `piece` bytes and checks what is released, and whether a string was found. */
static void check_pieces(const char *const *stops, const char *text, size_t piece, const char *released, bool is_found)
{
    size_t n_stops = 0;
    while (n_stops < MAX_STOPS && stops[n_stops] != NULL)
        n_stops++;
    stop_matcher s;
    buf out;
    sw_err err = {0};
    buf_init(&out, 1000);
    assert_int_equal(stop_init(&s, stops, n_stops, &err), SW_OK);
    bool found = false;
    for (size_t i = 0, n = strlen(text); i < n; i += piece) {
        found = stop_feed(&s, text + i, i + piece < n ? piece : n - i, &out);
        assert_memory_equal(buf_str(&out), released, out.size); // never more than the result
    }
    stop_flush(&s, &out);
    assert_int_equal(found, is_found);
    assert_string_equal(buf_str(&out), released);
    buf_free(&out);
    stop_clear(&s);
}

static void check(const char *const *stops, const char *text, const char *released, bool is_found)
{
    for (size_t piece = 1; piece <= strlen(text); piece++)
        check_pieces(stops, text, piece, released, is_found);
}

static void test_stop_drops_the_string_and_what_follows(void **state)
{
    (void)state;
    check((const char *[MAX_STOPS]){"END"}, "one two END three", "one two ", true);
    check((const char *[MAX_STOPS]){"\n\n"}, "a\nb\n\nc", "a\nb", true);
    check((const char *[MAX_STOPS]){"END"}, "END", "", true);
}

static void test_stop_releases_beginnings_that_lead_nowhere(void **state)
{
    (void)state;
    check((const char *[MAX_STOPS]){"END"}, "EN ENE E", "EN ENE E", false);
    check((const char *[MAX_STOPS]){"aab"}, "aaaaab!", "aaa", true);
    check((const char *[MAX_STOPS]){"abac"}, "abababac", "abab", true);
    check((const char *[MAX_STOPS]){NULL}, "no strings at all", "no strings at all", false);
}

static void test_stop_takes_the_string_that_is_complete_first_and_the_longest_of_those(void **state)
{
    (void)state;
    check((const char *[MAX_STOPS]){"three", "two"}, "one two three", "one ", true);
    check((const char *[MAX_STOPS]){"o t", "one t"}, "and one two", "and ", true);
    check((const char *[MAX_STOPS]){"e", "one"}, "and one two", "and ", true);
}

static size_t which(const char *const *stops, size_t n_stops, const char *text)
{
    stop_matcher s;
    buf out;
    sw_err err = {0};
    buf_init(&out, 1000);
    assert_int_equal(stop_init(&s, stops, n_stops, &err), SW_OK);
    assert_true(stop_feed(&s, text, strlen(text), &out));
    const size_t found = s.which;
    buf_free(&out);
    stop_clear(&s);
    return found;
}

static void test_stop_says_which_string_it_was(void **state)
{
    (void)state;
    const char *const stops[] = {"x", "three", "ee", "three", "two"};
    assert_int_equal(which(stops, 5, "on two three"), 4);
    assert_int_equal(which(stops, 5, "on three"),
                     1); // of three that end there the longest, of two equal ones the first
    assert_int_equal(which(stops, 5, "on bees"), 2);
}

static void test_stop_finds_strings_of_several_bytes_per_character(void **state)
{
    (void)state;
    check((const char *[MAX_STOPS]){"\u00e9\u00e8"}, "caf\u00e9 \u00e9\u00e8 fin", "caf\u00e9 ", true);
}

/* Random texts over two letters, compared with a plain search. */
static void test_stop_agrees_with_a_plain_search(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 300; round++) {
        char text[40] = {0}, stop[6] = {0};
        for (size_t i = 0; i < sizeof text - 1; i++)
            text[i] = rng_next(&rng) % 2 ? 'a' : 'b';
        for (size_t i = 0, n = 1 + rng_next(&rng) % 5; i < n; i++)
            stop[i] = rng_next(&rng) % 2 ? 'a' : 'b';
        char released[40];
        strcpy(released, text);
        char *const at = strstr(released, stop);
        if (at != NULL)
            *at = '\0';
        check((const char *[MAX_STOPS]){stop}, text, released, at != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_drops_the_string_and_what_follows),
        cmocka_unit_test(test_stop_releases_beginnings_that_lead_nowhere),
        cmocka_unit_test(test_stop_takes_the_string_that_is_complete_first_and_the_longest_of_those),
        cmocka_unit_test(test_stop_says_which_string_it_was),
        cmocka_unit_test(test_stop_finds_strings_of_several_bytes_per_character),
        cmocka_unit_test(test_stop_agrees_with_a_plain_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
