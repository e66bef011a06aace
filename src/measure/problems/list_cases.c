/* list_cases.c - draws lists, and programs that do not give the same for all of them. */
#include "problems/list_cases.h"

#include <string.h>

enum { PROGRAM_TRIES = 60, BREAK_TRIES = 200 };

static int64_t draw_value(const list_program *p, problem_draw *d)
{
    const int k = p->ops[draw_below(d, p->n)].k;
    switch (draw_below(d, 6)) {
    case 0: return k;
    case 1: return k + draw_range(d, -1, 1);
    case 2: return (int64_t)k * draw_range(d, 0, 5);
    default: return draw_range(d, -20, 60);
    }
}

/* None, one, more than the program's first number, and then 4 to 12 values. */
static int draw_length(const list_program *p, problem_draw *d, int number)
{
    if (number < 2)
        return number;
    return number == 2 && p->ops[0].k > 9 ? p->ops[0].k + 3 : draw_range(d, 4, 12);
}

void list_cases_draw(const list_program *p, problem_draw *d, list_values *cases)
{
    for (int i = 0; i < LIST_CASES; i++) {
        cases[i].n = draw_length(p, d, i);
        for (int k = 0; k < cases[i].n; k++)
            cases[i].v[k] = draw_value(p, d);
    }
}

static bool is_same(const list_values *a, const list_values *b)
{
    return a->n == b->n && memcmp(a->v, b->v, (size_t)a->n * sizeof *a->v) == 0;
}

int list_cases_count_results(const list_program *p, const list_values *cases)
{
    list_values results[LIST_CASES];
    int n = 0;
    for (int i = 0; i < LIST_CASES; i++) {
        results[n] = cases[i];
        list_program_run(p, &results[n]);
        int k = 0;
        while (!is_same(&results[k], &results[n]))
            k++;
        n += k == n;
    }
    return n;
}

/* Adds steps, no two neighbours of one kind. */
static void add_middle(list_program *p, problem_draw *d, int n_middle)
{
    for (int i = 0; i < n_middle; i++) {
        list_op next = list_op_draw(d);
        while (next.kind == p->ops[p->n - 1].kind)
            next = list_op_draw(d);
        p->ops[p->n++] = next;
    }
}

void list_cases_draw_program(list_program *p, problem_draw *d, list_op first, int n_middle, list_op_kind last,
                             list_values *cases)
{
    list_values now_cases[LIST_CASES];
    int most = 0;
    for (int try = 0; try < PROGRAM_TRIES && most < LIST_RESULTS_MIN; try++) {
        list_program now = {{first}, 1};
        add_middle(&now, d, n_middle);
        if (last < N_LIST_OPS)
            now.ops[now.n++] = (list_op){last, 0};
        list_cases_draw(&now, d, now_cases);
        const int n = list_cases_count_results(&now, now_cases);
        if (n > most) {
            most = n;
            *p = now;
            memcpy(cases, now_cases, sizeof now_cases);
        }
    }
}

static bool differ(const list_program *a, const list_program *b, const list_values *cases)
{
    for (int i = 0; i < LIST_CASES; i++) {
        list_values x = cases[i], y = cases[i];
        list_program_run(a, &x);
        list_program_run(b, &y);
        if (!is_same(&x, &y))
            return true;
    }
    return false;
}

list_program list_cases_break(const list_program *p, problem_draw *d, const list_values *cases)
{
    list_program broken = *p;
    for (int try = 0; try < BREAK_TRIES && !differ(p, &broken, cases); try++) {
        broken = *p;
        list_program_break(&broken, d);
    }
    return broken;
}
