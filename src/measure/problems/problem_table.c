/* problem_table.c - the kinds of problems as a table; makes, checks and prints problems of any kind. */
#include "problems/problem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "problems/problem_kinds.h"

enum { REASON_BYTES_MAX = 400 };

static const problem_kind_row *const KINDS[N_PROBLEM_KINDS] = {
    [PROBLEM_ARITHMETIC] = &PROBLEM_ARITHMETIC_ROW,
    [PROBLEM_UNITS] = &PROBLEM_UNITS_ROW,
    [PROBLEM_GRID] = &PROBLEM_GRID_ROW,
    [PROBLEM_CROSSING] = &PROBLEM_CROSSING_ROW,
    [PROBLEM_CODE] = &PROBLEM_CODE_ROW,
    [PROBLEM_MEND] = &PROBLEM_MEND_ROW,
};

const char PROBLEM_KIND_NAMES[] = "arithmetic, units, grid, crossing, code or mend";

const char *problem_kind_name(problem_kind kind)
{
    return KINDS[kind]->name;
}

int problem_kind_find(const char *name)
{
    for (int i = 0; i < N_PROBLEM_KINDS; i++) {
        if (strcmp(KINDS[i]->name, name) == 0)
            return i;
    }
    return -1;
}

sw_code problem_name_read(const char *name, problem_kind *kind, int *level, sw_err *err)
{
    char text[20] = "";
    const char *const slash = strchr(name, '/');
    const size_t n = slash != NULL ? (size_t)(slash - name) : strlen(name);
    const bool has_level = slash != NULL && slash[1] >= '0' && slash[1] < '0' + PROBLEM_LEVELS && slash[2] == '\0';
    if (n < sizeof text)
        memcpy(text, name, n);
    const int found = problem_kind_find(text);
    if (found < 0)
        return sw_fail(err, SW_EINVAL, "a kind of problem is %s, not '%.60s'", PROBLEM_KIND_NAMES, name);
    if (slash != NULL && !has_level)
        return sw_fail(err, SW_EINVAL, "the level of a problem is 0 to %d, not '%.60s'", PROBLEM_LEVELS - 1, slash + 1);
    *kind = (problem_kind)found;
    *level = has_level ? slash[1] - '0' : -1;
    return SW_OK;
}

const char *problem_outcome_name(problem_outcome outcome)
{
    static const char *const NAMES[] = {"right", "wrong", "unreadable", "not run"};
    return NAMES[outcome];
}

uint64_t problem_space(problem_kind kind, int level)
{
    return KINDS[kind]->space[level];
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

static const char *keep_text(arena *keep, const buf *b)
{
    return b->failed == SW_OK ? arena_copy(keep, buf_str(b), b->size) : NULL;
}

static const char *name_item(problem_kind kind, int level, uint64_t seed, arena *keep)
{
    char text[80];
    const int n = snprintf(text, sizeof text, "%s/%d/seed=%" PRIu64, KINDS[kind]->name, level, seed);
    return arena_copy(keep, text, (size_t)n);
}

static problem *finish(const problem_draft *d, problem_kind kind, uint64_t seed)
{
    problem *const p = arena_alloc(d->keep, sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (problem){.kind = kind, .level = d->level, .seed = seed, .n_steps = d->n_steps, .detail = d->detail};
    p->item = name_item(kind, d->level, seed, d->keep);
    p->question = keep_text(d->keep, &d->question);
    p->expected = keep_text(d->keep, &d->expected);
    return p->item != NULL && p->question != NULL && p->expected != NULL ? p : NULL;
}

sw_code problem_make(problem_kind kind, int level, uint64_t seed, arena *keep, const problem **out, sw_err *err)
{
    *out = NULL;
    if (level < 0 || level >= PROBLEM_LEVELS)
        return sw_fail(err, SW_EINVAL, "problems of kind %s have the levels 0 to %d, not %d", KINDS[kind]->name,
                       PROBLEM_LEVELS - 1, level);
    problem_draft d = {.level = level, .keep = keep};
    draw_begin(&d.draw, seed, problem_space(kind, level), (uint64_t)kind * PROBLEM_LEVELS + (uint64_t)level + 1);
    buf_init(&d.question, PROBLEM_QUESTION_BYTES);
    buf_init(&d.expected, PROBLEM_QUESTION_BYTES);
    const bool ok = KINDS[kind]->make(&d);
    *out = ok ? finish(&d, kind, seed) : NULL;
    buf_free(&d.question);
    buf_free(&d.expected);
    return *out != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory making a problem");
}

/* ---- checking --------------------------------------------------------------------------------------------------- */

sw_code verdict_set(problem_verdict *out, const problem_check_input *in, problem_outcome outcome, const char *format,
                    ...)
{
    char text[REASON_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    out->outcome = outcome;
    out->reason = arena_copy(in->keep, text, strlen(text));
    return out->reason != NULL ? SW_OK : sw_fail(in->err, SW_ENOMEM, "out of memory checking an answer");
}

/* Reasoning, a line break, the text; the text alone where there is no reasoning. */
static bool read_steps(answer_words *out, const problem_answer *answer, const problem_check_input *in)
{
    size_t n = 0;
    const char *const reasoning = answer_clean(answer->reasoning, answer->n_reasoning, &n, in->keep);
    char *const both = reasoning != NULL ? arena_alloc(in->keep, n + in->n_text + 2) : NULL;
    if (both == NULL)
        return false;
    memcpy(both, reasoning, n);
    both[n] = '\n';
    memcpy(both + n + 1, in->text, in->n_text + 1);
    return answer_words_read(out, both, n + 1 + in->n_text, in->keep);
}

static sw_code check_in(const problem *p, const problem_answer *answer, problem_check_input *in, problem_verdict *out)
{
    in->text = answer_clean(answer->text, answer->n, &in->n_text, in->keep);
    if (in->text == NULL || !answer_words_read(&in->words, in->text, in->n_text, in->keep))
        return sw_fail(in->err, SW_ENOMEM, "out of memory reading an answer");
    in->steps = in->words;
    if (answer->n_reasoning > 0 && answer->reasoning != NULL && !read_steps(&in->steps, answer, in))
        return sw_fail(in->err, SW_ENOMEM, "out of memory reading an answer");
    return KINDS[p->kind]->check(p, in, out);
}

sw_code problem_check(const problem *p, const problem_answer *answer, const check_options *options, arena *keep,
                      problem_verdict *out, sw_err *err)
{
    *out = (problem_verdict){.outcome = PROBLEM_UNREADABLE, .steps_all = p->n_steps, .reason = ""};
    problem_check_input in = {.options = options, .keep = arena_create(), .err = err};
    if (in.keep == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory checking an answer");
    const sw_code code = check_in(p, answer, &in, out);
    if (code == SW_OK)
        out->reason = arena_copy(keep, out->reason, strlen(out->reason));
    arena_free(in.keep);
    if (code == SW_OK && out->reason == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory checking an answer");
    return code;
}

void problem_print(const problem *p, buf *out)
{
    buf_printf(out, "%s\n\n%s\n\nexpected: %s\n", p->item, p->question, p->expected);
    if (p->n_steps > 0)
        buf_printf(out, "steps: %d\n", p->n_steps);
}
