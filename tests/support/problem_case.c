/* problem_case.c - makes problems and judges answers for tests. */
#include "support/problem_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

arena *problem_case_keep;

int problem_case_open(void **state)
{
    (void)state;
    problem_case_keep = arena_create();
    return problem_case_keep != NULL ? 0 : -1;
}

int problem_case_close(void **state)
{
    (void)state;
    arena_free(problem_case_keep);
    return 0;
}

const problem *problem_case_make(problem_kind kind, int level, uint64_t seed)
{
    const problem *p;
    assert_int_equal(problem_make(kind, level, seed, problem_case_keep, &p, NULL), SW_OK);
    return p;
}

problem_verdict problem_case_check(const problem *p, const problem_answer *answer, bool run_code)
{
    problem_verdict v;
    const check_options options = {.run_code = run_code};
    assert_int_equal(problem_check(p, answer, &options, problem_case_keep, &v, NULL), SW_OK);
    assert_true(v.steps_right >= 0 && v.steps_right <= v.steps_all && v.n_false >= 0);
    assert_true(utf8_valid(v.reason, strlen(v.reason)));
    return v;
}

problem_verdict problem_case_check_text(const problem *p, const char *text)
{
    const problem_answer answer = {.text = text, .n = strlen(text)};
    return problem_case_check(p, &answer, true);
}

void problem_case_expect(const problem *p, const char *text, problem_outcome wanted)
{
    const problem_verdict v = problem_case_check_text(p, text);
    if (v.outcome != wanted)
        fail_msg("%s: %s, not %s: %s\n%s\nanswered: %s", p->item, problem_outcome_name(v.outcome),
                 problem_outcome_name(wanted), v.reason, p->question, text);
}

const char *problem_case_fill(const char *form, const char *a, const char *b, const char *c)
{
    const char *const values[] = {a, b, c};
    buf out;
    buf_init(&out, 4000);
    for (; *form != '\0'; form++) {
        if (form[0] == '$' && form[1] >= '1' && form[1] <= '3')
            buf_puts(&out, values[*++form - '1']);
        else
            buf_putc(&out, *form);
    }
    const char *const text = arena_copy(problem_case_keep, buf_str(&out), out.size);
    buf_free(&out);
    return text;
}

const problem *problem_case_find(problem_kind kind, int level, const char *words)
{
    for (uint64_t seed = 0; seed < 20000; seed++) {
        const problem *const p = problem_case_make(kind, level, seed);
        if (strcmp(p->expected, words) == 0 || strstr(p->question, words) != NULL)
            return p;
    }
    fail_msg("no problem has %s", words);
    return NULL;
}
