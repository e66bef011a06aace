/* The solvers of generated problems agree with trying everything out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "problems/grid_clues.h"
#include "problems/list_cases.h"
#include "problems/river.h"

/* ---- grids ------------------------------------------------------------------------------------------------------ */

/* Fills order[0..n) with permutation number `index` of 0 .. n-1. */
static void permutation(int index, int n, int *order)
{
    int rest[GRID_PLACES_MAX];
    for (int i = 0; i < n; i++)
        rest[i] = i;
    for (int i = 0; i < n; i++) {
        const int k = index % (n - i);
        index /= n - i;
        order[i] = rest[k];
        memmove(rest + k, rest + k + 1, (size_t)(n - i - k - 1) * sizeof *rest);
    }
}

static bool all_hold(const grid *g, const int *at)
{
    for (int i = 0; i < g->n_clues; i++) {
        if (!grid_clue_holds(&g->clues[i], at))
            return false;
    }
    return true;
}

/* Every assignment, one after the other. */
static int count_by_force(const grid *g)
{
    int at[GRID_VALUES], n_orders = 1, n_all = 1, n = 0;
    for (int i = 2; i <= g->n_places; i++)
        n_orders *= i;
    for (int c = 0; c < g->n_categories; c++)
        n_all *= n_orders;
    for (int index = 0; index < n_all; index++) {
        for (int c = 0, rest = index; c < g->n_categories; c++, rest /= n_orders)
            permutation(rest % n_orders, g->n_places, at + c * GRID_PLACES_MAX);
        n += all_hold(g, at);
    }
    return n;
}

static void test_grids_have_one_solution_by_force_and_no_needless_clue(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        problem_draw d;
        grid g = {.n_places = 3 + (int)(seed % 2), .n_categories = 2 + (int)(seed % 2)};
        draw_begin(&d, seed, 1000, 1);
        grid_make(&g, &d);
        assert_int_equal(count_by_force(&g), 1);
        assert_true(all_hold(&g, g.at));
        const grid_clue last = g.clues[g.n_clues - 1];
        for (int i = 0; i < g.n_clues; i++) {
            grid less = g;
            less.clues[i] = last;
            less.n_clues--;
            assert_true(count_by_force(&less) > 1);
            assert_int_equal(grid_count_solutions(&less, 100000), count_by_force(&less));
        }
    }
}

static void test_a_grid_that_contradicts_itself_has_no_solution(void **state)
{
    (void)state;
    const grid g = {
        .n_places = 3, .n_categories = 1, .clues = {{CLUE_LEFT, 0, 1, 0}, {CLUE_BEFORE, 1, 0, 0}}, .n_clues = 2};
    assert_int_equal(grid_count_solutions(&g, 10), 0);
    const grid free = {.n_places = 3, .n_categories = 2};
    assert_int_equal(grid_count_solutions(&free, 100), 36);
}

/* ---- rivers ----------------------------------------------------------------------------------------------------- */

/* Returns true if some sequence of exactly n moves crosses. */
static bool can_cross(const river *r, river_state at, int n)
{
    if (n == 0)
        return river_is_crossed(r, &at);
    for (unsigned items = 0; items < 1U << r->n_items; items++) {
        river_state next = at;
        if (river_move(r, &next, items) == RIVER_FINE && can_cross(r, next, n - 1))
            return true;
    }
    return false;
}

static void test_the_shortest_way_is_the_shortest_by_force(void **state)
{
    (void)state;
    enum { DEPTH = 9 };
    int n_crossed = 0, n_without = 0;
    for (unsigned set = 0; set < 64; set++) { // every set of pairs of four items
        river r = {.n_items = 4, .capacity = 1 + (int)(set % 2)};
        for (int a = 0, bit = 0; a < 4; a++) {
            for (int b = a + 1; b < 4; b++, bit++) {
                if (set >> bit & 1U) {
                    r.conflicts[a] |= 1U << b;
                    r.conflicts[b] |= 1U << a;
                }
            }
        }
        int by_force = 1;
        while (by_force <= DEPTH && !can_cross(&r, (river_state){0}, by_force))
            by_force += 2; // an even number of moves ends on this side
        const int found = river_solve(&r, NULL);
        assert_int_equal(found < 0 || found > DEPTH ? DEPTH + 2 : found, by_force);
        n_crossed += found > 0;
        n_without += found < 0;
    }
    assert_true(n_crossed > 0 && n_without > 0);
}

static void test_the_moves_of_the_solver_cross(void **state)
{
    (void)state;
    const river r = {.n_items = 3, .capacity = 1, .conflicts = {2, 5, 2}}; // the wolf, the goat, the cabbage
    unsigned moves[RIVER_MOVES_MAX];
    river_state at = {0};
    assert_int_equal(river_solve(&r, moves), 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(river_move(&r, &at, moves[i]), RIVER_FINE);
    assert_true(river_is_crossed(&r, &at));
    at = (river_state){0};
    assert_int_equal(river_move(&r, &at, 1), RIVER_LEFT_ALONE);
    assert_int_equal(river_move(&r, &at, 3), RIVER_TOO_MANY);
    at.is_over = true;
    assert_int_equal(river_move(&r, &at, 2), RIVER_NOT_HERE);
}

/* ---- programs --------------------------------------------------------------------------------------------------- */

static void assert_run(list_program p, list_values in, const char *wanted)
{
    buf out;
    buf_init(&out, 1000);
    list_program_run(&p, &in);
    list_values_put(&in, list_program_is_number(&p), &out);
    assert_string_equal(buf_str(&out), wanted);
    buf_free(&out);
}

static void test_programs_do_what_they_say(void **state)
{
    (void)state;
    const list_values in = {{5, 3, 8, 3, -2}, 5};
    assert_run((list_program){{{OP_SORT, 0}, {OP_UNIQUE, 0}}, 2}, in, "[-2, 3, 5, 8]");
    assert_run((list_program){{{OP_RUNNING, 0}}, 1}, in, "[5, 8, 16, 19, 17]");
    assert_run((list_program){{{OP_DIFFERENCES, 0}, {OP_LARGEST, 0}}, 2}, in, "5");
    assert_run((list_program){{{OP_DIFFERENCES, 0}}, 1}, (list_values){{0}, 0}, "[]");
    assert_run((list_program){{{OP_KEEP_ABOVE, 100}, {OP_SMALLEST, 0}}, 2}, in, "0");
    assert_run((list_program){{{OP_LAST, 2}, {OP_REVERSE, 0}, {OP_MULTIPLY, 3}}, 3}, in, "[-6, 9]");
    assert_run((list_program){{{OP_EVERY, 2}, {OP_COUNT, 0}}, 2}, in, "3");
    assert_run((list_program){{{OP_CAP, 4}, {OP_FLOOR, 3}, {OP_SORT_DOWN, 0}}, 3}, in, "[4, 4, 3, 3, 3]");
    buf out;
    buf_init(&out, 1000);
    const list_program p = {{{OP_KEEP_DIVISIBLE, 3}, {OP_WITHOUT_FIRST, 1}}, 2};
    list_program_say(&p, &out);
    assert_string_equal(buf_str(&out), "1. keep only the numbers that are divisible by 3.\n2. remove the first 1 "
                                       "numbers.\n3. return the list.\n");
    buf_clear(&out);
    list_program_write(&p, "f", &out);
    assert_string_equal(buf_str(&out),
                        "def f(numbers):\n    numbers = [n for n in numbers if n % 3 == 0]\n    numbers = "
                        "numbers[1:]\n    return numbers\n");
    buf_free(&out);
}

/* A function that returns the same for all lists is never right, and a planted bug always shows. */
static void test_cases_tell_programs_apart(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        problem_draw d;
        list_program p;
        list_values cases[LIST_CASES];
        draw_begin(&d, seed, 100000, 5);
        const list_op first = {(list_op_kind)draw_below(&d, 10), draw_range(&d, 2, 41)};
        const list_op_kind last = (list_op_kind)(OP_SUM + draw_below(&d, 5));
        list_cases_draw_program(&p, &d, first, 2 * (int)(seed % 3), last, cases);
        assert_int_equal(p.ops[0].kind, first.kind);
        assert_int_equal(p.n, 1 + 2 * (int)(seed % 3) + (last < N_LIST_OPS));
        assert_true(list_cases_count_results(&p, cases) >= LIST_RESULTS_MIN - 1);
        const list_program broken = list_cases_break(&p, &d, cases);
        bool shows = false;
        for (int i = 0; i < LIST_CASES; i++) {
            list_values right = cases[i], wrong = cases[i];
            list_program_run(&p, &right);
            list_program_run(&broken, &wrong);
            shows |= right.n != wrong.n || memcmp(right.v, wrong.v, (size_t)right.n * sizeof *right.v) != 0;
        }
        assert_true(shows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grids_have_one_solution_by_force_and_no_needless_clue),
        cmocka_unit_test(test_a_grid_that_contradicts_itself_has_no_solution),
        cmocka_unit_test(test_the_shortest_way_is_the_shortest_by_force),
        cmocka_unit_test(test_the_moves_of_the_solver_cross),
        cmocka_unit_test(test_programs_do_what_they_say),
        cmocka_unit_test(test_cases_tell_programs_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
