/* UTF-8: exactly what table 3-7 of the Unicode Standard calls well-formed, and cutting only between characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/utf8.h"

static void test_every_code_point_is_encoded_and_decoded(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char bytes[4];
        uint32_t back = UINT32_MAX;
        const int n = utf8_encode(cp, bytes);
        assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
        const bool is_surrogate = cp >= 0xd800 && cp <= 0xdfff;
        const int got = utf8_decode((const uint8_t *)bytes, (size_t)n, &back);
        if (got != (is_surrogate ? 0 : n) || (!is_surrogate && back != cp))
            fail_msg("U+%04X: length %d, code point %X", (unsigned)cp, got, (unsigned)back);
    }
}

/* Table 3-7, written out: the ranges of each byte of every well-formed sequence. */
static const struct {
    uint8_t lo[4], hi[4];
    int n;
} TABLE[] = {
    {{0x00}, {0x7f}, 1},
    {{0xc2, 0x80}, {0xdf, 0xbf}, 2},
    {{0xe0, 0xa0, 0x80}, {0xe0, 0xbf, 0xbf}, 3},
    {{0xe1, 0x80, 0x80}, {0xec, 0xbf, 0xbf}, 3},
    {{0xed, 0x80, 0x80}, {0xed, 0x9f, 0xbf}, 3},
    {{0xee, 0x80, 0x80}, {0xef, 0xbf, 0xbf}, 3},
    {{0xf0, 0x90, 0x80, 0x80}, {0xf0, 0xbf, 0xbf, 0xbf}, 4},
    {{0xf1, 0x80, 0x80, 0x80}, {0xf3, 0xbf, 0xbf, 0xbf}, 4},
    {{0xf4, 0x80, 0x80, 0x80}, {0xf4, 0x8f, 0xbf, 0xbf}, 4},
};

/* How many of s[0..n) begin some row of the table; *whole_out: they are a whole row. */
static int begins_row(const uint8_t *s, size_t n, bool *whole_out)
{
    int best = 0;
    *whole_out = false;
    for (size_t r = 0; r < sizeof TABLE / sizeof TABLE[0]; r++) {
        int i = 0;
        while (i < TABLE[r].n && (size_t)i < n && s[i] >= TABLE[r].lo[i] && s[i] <= TABLE[r].hi[i])
            i++;
        if (i == TABLE[r].n) {
            *whole_out = true;
            return i;
        }
        best = i > best ? i : best;
    }
    return best;
}

static void test_bytes_at_the_edges_of_the_table_are_judged_right(void **state)
{
    (void)state;
    static const uint8_t EDGES[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
                                    0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfc, 0xfe, 0xff};
    enum { N = sizeof EDGES };
    for (int i = 0; i < N * N * N * N; i++) {
        const uint8_t s[4] = {EDGES[i % N], EDGES[i / N % N], EDGES[i / N / N % N], EDGES[i / N / N / N]};
        bool whole;
        const int want = begins_row(s, 4, &whole);
        uint32_t cp;
        if (utf8_decode(s, 4, &cp) != (whole ? want : 0))
            fail_msg("%02x %02x %02x %02x", s[0], s[1], s[2], s[3]);
    }
}

static void test_a_character_that_is_cut_is_not_decoded(void **state)
{
    (void)state;
    static const char *const CHARACTERS[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t c = 0; c < 3; c++) {
        const size_t n = strlen(CHARACTERS[c]);
        uint32_t cp;
        for (size_t cut = 1; cut < n; cut++) {
            assert_int_equal(utf8_decode((const uint8_t *)CHARACTERS[c], cut, &cp), 0);
            assert_false(utf8_valid(CHARACTERS[c], cut));
            assert_int_equal(utf8_complete_prefix(CHARACTERS[c], cut), 0);
        }
        assert_true(utf8_valid(CHARACTERS[c], n));
        assert_int_equal(utf8_complete_prefix(CHARACTERS[c], n), n);
    }
    assert_true(utf8_valid("", 0));
    assert_int_equal(utf8_complete_prefix("", 0), 0);
}

static void test_what_can_never_become_a_character_is_not_waited_for(void **state)
{
    (void)state;
    static const char *const HOPELESS[] = {"a\x80",
                                           "a\xc0",
                                           "a\xc1",
                                           "a\xf5",
                                           "a\xff",
                                           "a\xe0\x80",
                                           "a\xed\xa0",
                                           "a\xf0\x80",
                                           "a\xf4\x90",
                                           "a\xc3\xa9\xa9",
                                           "a\x80\x80\x80\x80"};
    for (size_t i = 0; i < sizeof HOPELESS / sizeof HOPELESS[0]; i++) {
        const size_t n = strlen(HOPELESS[i]);
        assert_int_equal(utf8_complete_prefix(HOPELESS[i], n), n);
        assert_false(utf8_valid(HOPELESS[i], n));
    }
}

static void test_the_rest_behind_a_complete_prefix_begins_one_character(void **state)
{
    (void)state;
    static const uint8_t BYTES[] = {0x41, 0x80, 0xbf, 0x9f, 0xa0, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff};
    rng_state rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 100000; round++) {
        char s[8];
        const size_t n = (size_t)(rng_next(&rng) % sizeof s);
        for (size_t i = 0; i < n; i++)
            s[i] = (char)BYTES[rng_next(&rng) % sizeof BYTES];
        const size_t kept = utf8_complete_prefix(s, n), rest = n - kept;
        assert_true(kept <= n && rest <= 3);
        bool whole;
        if (rest > 0)
            assert_true(begins_row((const uint8_t *)s + kept, rest, &whole) == (int)rest && !whole);
        // And nothing was cut too late: no shorter end is an unfinished character.
        for (size_t end = 1; end <= 3 && end <= n && rest == 0; end++)
            assert_false(begins_row((const uint8_t *)s + n - end, end, &whole) == (int)end && !whole);
    }
}

static void test_bytes_without_a_character_become_question_marks(void **state)
{
    (void)state;
    char text[] = "caf\xc3\xa9 \xff \xe2\x82"; // the last one is cut
    utf8_replace_invalid(text, strlen(text));
    assert_string_equal(text, "caf\xc3\xa9 ? ??");
    assert_true(utf8_valid(text, strlen(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_without_a_character_become_question_marks),
        cmocka_unit_test(test_every_code_point_is_encoded_and_decoded),
        cmocka_unit_test(test_bytes_at_the_edges_of_the_table_are_judged_right),
        cmocka_unit_test(test_a_character_that_is_cut_is_not_decoded),
        cmocka_unit_test(test_what_can_never_become_a_character_is_not_waited_for),
        cmocka_unit_test(test_the_rest_behind_a_complete_prefix_begins_one_character),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
