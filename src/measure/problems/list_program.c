/* list_program.c - a table of steps, each with its words, its Python, its function and the step it is confused with. */
#include "problems/list_program.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct op_row {
    const char *words;  // with # for its number, if it has one
    const char *python; // as well, on a list `numbers`
    list_op_kind twin;  // what it becomes when it is broken
} op_row;

#define EACH(expression) "numbers = [" expression " for n in numbers]"
#define KEEP(condition)  "numbers = [n for n in numbers if " condition "]"

static const op_row ROWS[N_LIST_OPS] = {
    [OP_ADD] = {"add # to every number", EACH("n + #"), OP_SUBTRACT},
    [OP_SUBTRACT] = {"subtract # from every number", EACH("n - #"), OP_ADD},
    [OP_MULTIPLY] = {"multiply every number by #", EACH("n * #"), OP_ADD},
    [OP_CAP] = {"replace every number that is greater than # by #", EACH("min(n, #)"), OP_FLOOR},
    [OP_FLOOR] = {"replace every number that is less than # by #", EACH("max(n, #)"), OP_CAP},
    [OP_KEEP_DIVISIBLE] = {"keep only the numbers that are divisible by #", KEEP("n % # == 0"), OP_KEEP_OTHER},
    [OP_KEEP_OTHER] = {"keep only the numbers that are not divisible by #", KEEP("n % # != 0"), OP_KEEP_DIVISIBLE},
    [OP_KEEP_ABOVE] = {"keep only the numbers that are greater than #", KEEP("n > #"), OP_KEEP_AT_LEAST},
    [OP_KEEP_AT_LEAST] = {"keep only the numbers that are at least #", KEEP("n >= #"), OP_KEEP_ABOVE},
    [OP_KEEP_BELOW] = {"keep only the numbers that are less than #", KEEP("n < #"), OP_KEEP_AT_MOST},
    [OP_KEEP_AT_MOST] = {"keep only the numbers that are at most #", KEEP("n <= #"), OP_KEEP_BELOW},
    [OP_FIRST] = {"keep only the first # numbers", "numbers = numbers[:#]", OP_WITHOUT_FIRST},
    [OP_LAST] = {"keep only the last # numbers", "numbers = numbers[-#:]", OP_FIRST},
    [OP_WITHOUT_FIRST] = {"remove the first # numbers", "numbers = numbers[#:]", OP_FIRST},
    [OP_EVERY] = {"keep only every number whose position, counted from 0, is divisible by #", "numbers = numbers[::#]",
                  OP_FIRST},
    [OP_REVERSE] = {"reverse the order", "numbers = numbers[::-1]", OP_SORT},
    [OP_SORT] = {"sort the numbers, smallest first", "numbers = sorted(numbers)", OP_SORT_DOWN},
    [OP_SORT_DOWN] = {"sort the numbers, largest first", "numbers = sorted(numbers, reverse=True)", OP_SORT},
    [OP_UNIQUE] = {"remove numbers that were in the list before, so that each stays once, at its first place",
                   "numbers = list(dict.fromkeys(numbers))", OP_SORT},
    [OP_RUNNING] = {"replace every number by the sum of all numbers up to and including it",
                    "numbers = [sum(numbers[: i + 1]) for i in range(len(numbers))]", OP_DIFFERENCES},
    [OP_DIFFERENCES] = {"replace the list by the differences of neighbours, each number minus the one before it",
                        "numbers = [b - a for a, b in zip(numbers, numbers[1:])]", OP_RUNNING},
    [OP_SUM] = {"return the sum of the numbers", "return sum(numbers)", OP_COUNT},
    [OP_COUNT] = {"return how many numbers there are", "return len(numbers)", OP_SUM},
    [OP_LARGEST] = {"return the largest number, or 0 if there is none", "return max(numbers, default=0)", OP_SMALLEST},
    [OP_SMALLEST] = {"return the smallest number, or 0 if there is none", "return min(numbers, default=0)", OP_LARGEST},
};

/* ---- running ---------------------------------------------------------------------------------------------------- */

static int64_t changed(const list_op *op, int64_t n)
{
    switch (op->kind) {
    case OP_ADD: return n + op->k;
    case OP_SUBTRACT: return n - op->k;
    case OP_MULTIPLY: return n * op->k;
    case OP_CAP: return n < op->k ? n : op->k;
    case OP_FLOOR: return n > op->k ? n : op->k;
    default: return n;
    }
}

static bool is_kept(const list_op *op, const list_values *values, int i)
{
    const int64_t n = values->v[i];
    switch (op->kind) {
    case OP_KEEP_DIVISIBLE: return n % op->k == 0;
    case OP_KEEP_OTHER: return n % op->k != 0;
    case OP_KEEP_ABOVE: return n > op->k;
    case OP_KEEP_AT_LEAST: return n >= op->k;
    case OP_KEEP_BELOW: return n < op->k;
    case OP_KEEP_AT_MOST: return n <= op->k;
    case OP_FIRST: return i < op->k;
    case OP_LAST: return i >= values->n - op->k;
    case OP_WITHOUT_FIRST: return i >= op->k;
    case OP_EVERY: return i % op->k == 0;
    default: return true;
    }
}

static void change_and_keep(const list_op *op, list_values *values)
{
    const list_values before = *values;
    values->n = 0;
    for (int i = 0; i < before.n; i++) {
        if (is_kept(op, &before, i))
            values->v[values->n++] = changed(op, before.v[i]);
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void reverse(list_values *values)
{
    for (int i = 0, k = values->n - 1; i < k; i++, k--) {
        const int64_t other = values->v[i];
        values->v[i] = values->v[k];
        values->v[k] = other;
    }
}

static void make_unique(list_values *values)
{
    int n = 0;
    for (int i = 0; i < values->n; i++) {
        int k = 0;
        while (k < n && values->v[k] != values->v[i])
            k++;
        if (k == n)
            values->v[n++] = values->v[i];
    }
    values->n = n;
}

static void subtract_neighbours(list_values *values)
{
    for (int i = 0; i + 1 < values->n; i++)
        values->v[i] = values->v[i + 1] - values->v[i];
    values->n -= values->n > 0;
}

static void add_up(list_values *values)
{
    for (int i = 1; i < values->n; i++)
        values->v[i] += values->v[i - 1];
}

/* Leaves one number. */
static void reduce(list_op_kind kind, list_values *values)
{
    int64_t result = kind == OP_COUNT ? values->n : 0;
    for (int i = 0; i < values->n; i++) {
        const int64_t n = values->v[i];
        if (kind == OP_SUM)
            result += n;
        else if (kind != OP_COUNT && (i == 0 || (kind == OP_LARGEST ? n > result : n < result)))
            result = n;
    }
    values->v[0] = result;
    values->n = 1;
}

static void apply(const list_op *op, list_values *values)
{
    if (op->kind >= OP_SUM) {
        reduce(op->kind, values);
    } else if (op->kind == OP_SORT || op->kind == OP_SORT_DOWN) {
        qsort(values->v, (size_t)values->n, sizeof *values->v, compare);
        if (op->kind == OP_SORT_DOWN)
            reverse(values);
    } else if (op->kind == OP_REVERSE) {
        reverse(values);
    } else if (op->kind == OP_UNIQUE) {
        make_unique(values);
    } else if (op->kind == OP_RUNNING) {
        add_up(values);
    } else if (op->kind == OP_DIFFERENCES) {
        subtract_neighbours(values);
    } else {
        change_and_keep(op, values);
    }
}

void list_program_run(const list_program *p, list_values *values)
{
    for (int i = 0; i < p->n; i++)
        apply(&p->ops[i], values);
}

bool list_program_is_number(const list_program *p)
{
    return p->n > 0 && p->ops[p->n - 1].kind >= OP_SUM;
}

/* ---- saying and writing ----------------------------------------------------------------------------------------- */

void list_put_with_number(buf *out, const char *text, int k)
{
    for (; *text != '\0'; text++) {
        if (*text == '#')
            buf_printf(out, "%d", k);
        else
            buf_putc(out, *text);
    }
}

void list_program_say(const list_program *p, buf *out)
{
    for (int i = 0; i < p->n; i++) {
        buf_printf(out, "%d. ", i + 1);
        list_put_with_number(out, ROWS[p->ops[i].kind].words, p->ops[i].k);
        buf_puts(out, ".\n");
    }
    if (!list_program_is_number(p))
        buf_printf(out, "%d. return the list.\n", p->n + 1);
}

void list_program_write(const list_program *p, const char *name, buf *out)
{
    buf_printf(out, "def %s(numbers):\n", name);
    for (int i = 0; i < p->n; i++) {
        buf_puts(out, "    ");
        list_put_with_number(out, ROWS[p->ops[i].kind].python, p->ops[i].k);
        buf_putc(out, '\n');
    }
    if (!list_program_is_number(p))
        buf_puts(out, "    return numbers\n");
}

void list_values_put(const list_values *values, bool is_number, buf *out)
{
    if (is_number) {
        buf_printf(out, "%" PRId64, values->v[0]);
        return;
    }
    buf_putc(out, '[');
    for (int i = 0; i < values->n; i++)
        buf_printf(out, "%s%" PRId64, i > 0 ? ", " : "", values->v[i]);
    buf_putc(out, ']');
}

/* ---- drawing ---------------------------------------------------------------------------------------------------- */

list_op list_op_draw(problem_draw *d)
{
    const list_op_kind kind = (list_op_kind)draw_below(d, OP_SUM);
    const int k = draw_range(d, 2, kind == OP_EVERY || kind == OP_WITHOUT_FIRST ? 3 : 9);
    return (list_op){kind, k};
}

static bool has_number(list_op_kind kind)
{
    return strchr(ROWS[kind].words, '#') != NULL;
}

void list_program_break(list_program *p, problem_draw *d)
{
    const int i = draw_below(d, p->n);
    list_op *const op = &p->ops[i];
    if (has_number(op->kind) && draw_below(d, 3) == 0) {
        op->k++;
    } else if (i + 1 < p->n && p->n > 2 && draw_below(d, 3) == 0) {
        memmove(op, op + 1, (size_t)(p->n - i - 1) * sizeof *op);
        p->n--;
    } else {
        op->kind = ROWS[op->kind].twin;
        op->k = has_number(op->kind) && op->k == 0 ? 2 : op->k;
    }
}
