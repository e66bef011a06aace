/* problem_code.c - Python functions to write and to mend; the answer's code runs on cases whose results are computed.
 *
 * Level 0 is what the demo models learned: one operation with a number in it.  The others are chains of steps on a
 * list of numbers.  A function to mend has one bug, which changes the result of a case.
 */
#include <stdio.h>
#include <string.h>

#include "problems/list_cases.h"
#include "problems/problem_kinds.h"

enum { CASE_BYTES_MAX = 60000 };

typedef struct code_detail {
    const check_list *checks; // one of kind "python"
} code_detail;

/* A function that is being described. */
typedef struct code_task {
    char name[40];
    char ask[100];        // level 0: what it does
    list_program program; // level 0: its operation
    bool is_scalar;       // level 0: it takes one number
    bool is_truth;        // level 0: it returns whether a number is kept
} code_task;

/* ---- level 0 ---------------------------------------------------------------------------------------------------- */

typedef struct simple_row {
    const char *ask_before, *ask_after, *name_before, *name_after;
    list_op_kind kind;
    bool is_scalar, is_truth;
    const char *python, *broken;
} simple_row;

static const simple_row SIMPLE[] = {
    {"add ", " to a number", "add_", "", OP_ADD, true, false, "n + #", "n - #"},
    {"subtract ", " from a number", "subtract_", "", OP_SUBTRACT, true, false, "n - #", "n + #"},
    {"multiply a number by ", "", "times_", "", OP_MULTIPLY, true, false, "n * #", "n + #"},
    {"limit a number to ", "", "at_most_", "", OP_CAP, true, false, "min(n, #)", "max(n, #)"},
    {"check if a number is divisible by ", "", "divisible_by_", "", OP_KEEP_DIVISIBLE, true, true, "n % # == 0",
     "n % # == 1"},
    {"check if a number is greater than ", "", "above_", "", OP_KEEP_ABOVE, true, true, "n > #", "n < #"},
    {"keep the numbers greater than ", "", "keep_above_", "", OP_KEEP_ABOVE, false, false,
     "[n for n in numbers if n > #]", "[n for n in numbers if n < #]"},
    {"return the last ", " elements of a list", "last_", "", OP_LAST, false, false, "numbers[-#:]", "numbers[#:]"},
    {"add ", " to every element of a list", "add_", "_to_all", OP_ADD, false, false, "[n + # for n in numbers]",
     "[n - # for n in numbers]"},
};

enum { N_SIMPLE = sizeof SIMPLE / sizeof *SIMPLE, SIMPLE_NUMBERS = 59, N_REQUESTS = 4 };

static void draw_simple(problem_draw *d, code_task *t, const simple_row **row)
{
    const simple_row *const r = &SIMPLE[draw_part(d, N_SIMPLE)];
    const int k = 2 + draw_part(d, SIMPLE_NUMBERS);
    *row = r;
    t->program = (list_program){{{r->kind, k}}, 1};
    t->is_scalar = r->is_scalar;
    t->is_truth = r->is_truth;
    snprintf(t->name, sizeof t->name, "%s%d%s", r->name_before, k, r->name_after);
    snprintf(t->ask, sizeof t->ask, "%s%d%s", r->ask_before, k, r->ask_after);
}

/* ---- cases ------------------------------------------------------------------------------------------------------ */

static void put_scalar_case(const code_task *t, int64_t n, buf *out)
{
    list_values values = {{n}, 1};
    list_program_run(&t->program, &values);
    buf_printf(out, "[[%d], ", (int)n);
    if (t->is_truth)
        buf_puts(out, values.n > 0 ? "true" : "false");
    else
        list_values_put(&values, true, out);
    buf_putc(out, ']');
}

static void put_list_case(const code_task *t, const list_values *arguments, buf *out)
{
    list_values values = *arguments;
    list_program_run(&t->program, &values);
    buf_puts(out, "[[");
    list_values_put(arguments, false, out);
    buf_puts(out, "], ");
    list_values_put(&values, list_program_is_number(&t->program), out);
    buf_putc(out, ']');
}

/* Cases of a function of one number: around its own. */
static void put_scalar_cases(const code_task *t, buf *out)
{
    const int k = t->program.ops[0].k;
    const int numbers[LIST_CASES] = {0, 1, k, k - 1, k + 1, 2 * k, -7, 1000};
    for (int i = 0; i < LIST_CASES; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        put_scalar_case(t, numbers[i], out);
    }
}

static void put_cases(const code_task *t, const list_values *cases, buf *out)
{
    buf_putc(out, '[');
    if (t->is_scalar)
        put_scalar_cases(t, out);
    for (int i = 0; !t->is_scalar && i < LIST_CASES; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        put_list_case(t, &cases[i], out);
    }
    buf_putc(out, ']');
}

/* ---- the check -------------------------------------------------------------------------------------------------- */

/* Keeps a list of one check, in the form that protocols have. */
static bool keep_check(problem_draft *d, const code_task *t, const list_values *cases)
{
    code_detail *const detail = arena_alloc(d->keep, sizeof *detail);
    buf text;
    buf_init(&text, CASE_BYTES_MAX);
    buf_printf(
        &text,
        "[{\"name\": \"code\", \"kind\": \"python\", \"any_name\": true, \"function\": [\"%s\"], \"cases\": ", t->name);
    put_cases(t, cases, &text);
    buf_puts(&text, "}]");
    json_reader r = {.document = "a check", .keep = d->keep};
    const json_load_options options = {.bytes_max = CASE_BYTES_MAX};
    json_t *const value = text.failed == SW_OK ? json_load_text(&r, buf_str(&text), text.size, &options) : NULL;
    const bool ok = detail != NULL && value != NULL && check_list_read(&r, NULL, value, &detail->checks);
    json_decref(value);
    buf_free(&text);
    d->detail = detail;
    return ok;
}

static bool lacks_code(const char *detail)
{
    static const char *const BEGINNINGS[] = {"the answer has no ", "the code has no "};
    return strncmp(detail, BEGINNINGS[0], strlen(BEGINNINGS[0])) == 0 ||
           strncmp(detail, BEGINNINGS[1], strlen(BEGINNINGS[1])) == 0;
}

static sw_code check_answer(const problem *p, const problem_check_input *in, problem_verdict *out)
{
    static const problem_outcome OUTCOMES[] = {
        [CHECK_PASSED] = PROBLEM_RIGHT, [CHECK_FAILED] = PROBLEM_WRONG, [CHECK_NOT_RUN] = PROBLEM_NOT_RUN};
    const code_detail *const detail = p->detail;
    const answer_record answer = {
        .text = in->text, .n_text = in->n_text, .finish_reason = "stop", .completion_tokens = -1};
    check_record *record;
    const sw_code code = check_list_try(detail->checks, &answer, in->options, in->keep, &record, in->err);
    if (code != SW_OK)
        return code;
    out->outcome = OUTCOMES[record->outcome];
    out->reason = record->detail;
    if (out->outcome == PROBLEM_WRONG && lacks_code(record->detail))
        out->outcome = PROBLEM_UNREADABLE;
    return SW_OK;
}

/* ---- to write --------------------------------------------------------------------------------------------------- */

static void put_request(problem_draft *d, int wording, const char *ask)
{
    static const char *const BEFORE[N_REQUESTS] = {"Write a Python function to ", "Please write a Python function to ",
                                                   "Give me a Python function to ", "Show me a Python function to "};
    buf_printf(&d->question, "%s%s.", BEFORE[wording], ask);
}

static void put_simple_code(buf *out, const code_task *t, const char *expression)
{
    buf_printf(out, "```python\ndef %s(%s):\n    return ", t->name, t->is_scalar ? "n" : "numbers");
    list_put_with_number(out, expression, t->program.ops[0].k);
    buf_puts(out, "\n```");
}

static void put_code(buf *out, const code_task *t)
{
    buf_puts(out, "```python\n");
    list_program_write(&t->program, t->name, out);
    buf_puts(out, "```");
}

/* The first and the last step are what tells the problems of levels 1 to 3 apart. */
enum { N_FIRST = 10, FIRST_NUMBERS = 40, N_LAST = 5 };

static void draw_chain(problem_draw *d, int level, code_task *t, list_values *cases)
{
    const list_op first = {(list_op_kind)draw_part(d, N_FIRST), 2 + draw_part(d, FIRST_NUMBERS)};
    const list_op_kind last = (list_op_kind)(OP_SUM + draw_part(d, N_LAST)); // N_LIST_OPS: it returns the list
    list_cases_draw_program(&t->program, d, first, 2 * level - 2, last, cases);
    snprintf(t->name, sizeof t->name, "solve");
}

static bool make_simple(problem_draft *d, bool is_broken)
{
    code_task t = {0};
    list_values cases[LIST_CASES];
    const simple_row *row;
    const int wording = draw_part(&d->draw, N_REQUESTS);
    draw_simple(&d->draw, &t, &row);
    list_cases_draw(&t.program, &d->draw, cases);
    if (is_broken) {
        buf_puts(&d->question, "My function is wrong: return ");
        list_put_with_number(&d->question, row->broken, t.program.ops[0].k);
        buf_puts(&d->question, ". ");
    }
    put_request(d, wording, t.ask);
    put_simple_code(&d->expected, &t, row->python);
    return keep_check(d, &t, cases);
}

static bool make_code(problem_draft *d)
{
    code_task t = {0};
    list_values cases[LIST_CASES];
    if (d->level == 0)
        return make_simple(d, false);
    draw_chain(&d->draw, d->level, &t, cases);
    buf_puts(&d->question, "Write a Python function solve(numbers). It takes a list of whole numbers and does this, in "
                           "this order:\n");
    list_program_say(&t.program, &d->question);
    buf_puts(&d->question, "Answer with one block of code.");
    put_code(&d->expected, &t);
    return keep_check(d, &t, cases);
}

/* ---- to mend ---------------------------------------------------------------------------------------------------- */

static bool make_mend(problem_draft *d)
{
    code_task t = {0};
    list_values cases[LIST_CASES];
    if (d->level == 0)
        return make_simple(d, true);
    draw_chain(&d->draw, d->level, &t, cases);
    code_task broken = t;
    broken.program = list_cases_break(&t.program, &d->draw, cases);
    buf_puts(&d->question, "This Python function has one bug:\n\n");
    put_code(&d->question, &broken);
    buf_puts(&d->question, "\n\nIt should take a list of whole numbers and do this, in this order:\n");
    list_program_say(&t.program, &d->question);
    buf_puts(&d->question, "Answer with the whole function, mended, in one block of code.");
    put_code(&d->expected, &t);
    return keep_check(d, &t, cases);
}

enum { CHAIN_SPACE = N_FIRST * FIRST_NUMBERS * N_LAST, SIMPLE_SPACE = N_REQUESTS * N_SIMPLE * SIMPLE_NUMBERS };

const problem_kind_row PROBLEM_CODE_ROW = {
    "code", {SIMPLE_SPACE, CHAIN_SPACE, CHAIN_SPACE, CHAIN_SPACE}, make_code, check_answer};
const problem_kind_row PROBLEM_MEND_ROW = {
    "mend", {SIMPLE_SPACE, CHAIN_SPACE, CHAIN_SPACE, CHAIN_SPACE}, make_mend, check_answer};
