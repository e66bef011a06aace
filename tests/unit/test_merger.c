/* Joining symbols costs a number of look-ups that grows as the text does, whatever joins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "token/merger.h"

typedef enum rule { JOINS_EQUALS, JOINS_ALL, JOINS_WITH_ONE, JOINS_NOTHING, N_RULES } rule;

typedef struct counter {
    rule rule;
    size_t n_calls;
} counter;

static bool find(const void *ud, const symbol *left, const symbol *right, merge_pair *out)
{
    counter *const c = *(counter *const *)ud;
    c->n_calls++;
    const bool joins[N_RULES] = {left->size == right->size, true, right->size == 1, false};
    // The longer first and the shorter first are the two ways to make candidates stale.
    out->priority = c->rule == JOINS_ALL ? UINT32_MAX - (left->size + right->size) : left->size + right->size;
    out->result = 0;
    return joins[c->rule];
}

static size_t calls(rule r, size_t n)
{
    counter c = {.rule = r};
    counter *const shared = &c;
    symbol_merger m = {0};
    for (size_t i = 0; i < n; i++)
        assert_true(merger_add(&m, i, 1, 0));
    assert_true(merger_run(&m, find, &shared));
    size_t n_left = 0, size = 0;
    for (uint32_t i = 0; i != SYMBOL_END; i = m.symbols[i].next) {
        n_left++;
        size += m.symbols[i].size;
    }
    assert_int_equal(size, n);
    if (r == JOINS_EQUALS || r == JOINS_ALL)
        assert_int_equal(n_left, 1);
    else
        assert_int_equal(n_left == n, r == JOINS_NOTHING);
    assert_true(m.cap_heap <= 8 * n);
    merger_free(&m);
    return c.n_calls;
}

static void test_look_ups_grow_with_the_text(void **state)
{
    (void)state;
    enum { N = 1 << 18 };
    for (int r = 0; r < N_RULES; r++) {
        const size_t half = calls((rule)r, N / 2), whole = calls((rule)r, N);
        if (whole > 2 * half + half / 100 || whole > 3 * (size_t)N)
            fail_msg("rule %d: %zu look-ups for %d symbols, %zu for half as many", r, whole, N, half);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_look_ups_grow_with_the_text)};
    return cmocka_run_group_tests_name("merging symbols", tests, NULL, NULL);
}
