/* order_problem.c - reads the one person that an answer names as the first or last. */
#include "problems/order_problem.h"

#include <string.h>

typedef struct order_words {
    const char *more, *most, *least;
} order_words;

static const order_words ORDERS[] = {{"older", "oldest", "youngest"},
                                     {"taller", "tallest", "shortest"},
                                     {"faster", "fastest", "slowest"},
                                     {"stronger", "strongest", "weakest"}};

typedef struct order_detail {
    const char *names[3]; // in lower case; [0] is the right one
    const char *word;     // "tallest"
} order_detail;

bool order_problem_make(problem_draft *d)
{
    int first, second;
    const order_words *const w = &ORDERS[draw_part(&d->draw, 4)];
    const bool wants_most = draw_part(&d->draw, 2) == 0, is_turned = draw_part(&d->draw, 2) == 1;
    draw_pair(&d->draw, N_POOL_NAMES, &first, &second);
    int third = draw_below(&d->draw, N_POOL_NAMES);
    while (third == first || third == second)
        third = (third + 1) % N_POOL_NAMES;
    const char *const a = POOL_NAMES[first], *const b = POOL_NAMES[second], *const c = POOL_NAMES[third];
    if (is_turned)
        buf_printf(&d->question, "%s is %s than %s. %s is %s than %s. ", b, w->more, c, a, w->more, b);
    else
        buf_printf(&d->question, "%s is %s than %s. %s is %s than %s. ", a, w->more, b, b, w->more, c);
    buf_printf(&d->question, "Who is the %s?", wants_most ? w->most : w->least);
    buf_puts(&d->expected, wants_most ? a : c);
    order_detail *const o = arena_alloc(d->keep, sizeof *o);
    if (o == NULL)
        return false;
    *o = (order_detail){
        {pool_lower(wants_most ? a : c, d->keep), pool_lower(b, d->keep), pool_lower(wants_most ? c : a, d->keep)},
        wants_most ? w->most : w->least};
    d->detail = o;
    return o->names[0] != NULL && o->names[1] != NULL && o->names[2] != NULL;
}

/* The person that words first .. end name, if it is only one and nothing is denied; -1. */
static int one_person(const answer_words *a, size_t first, size_t end, const order_detail *o)
{
    const unsigned found = answer_names(a, first, end, o->names, 3);
    for (size_t i = first; i < end; i++) {
        if (answer_word_is(a, i, " not isn't neither nor cannot "))
            return -1;
    }
    return found == 1 ? 0 : found == 2 ? 1 : found == 4 ? 2 : -1;
}

sw_code order_problem_check(const problem *p, const problem_check_input *in, problem_verdict *out)
{
    const order_detail *const o = p->detail;
    const answer_words *const a = &in->words;
    int last = -1, named = -1;
    for (size_t i = 0; i < a->n;) {
        const size_t end = answer_sentence_end(a, i);
        const int person = one_person(a, i, end, o);
        bool has_word = false;
        for (size_t k = i; k < end; k++)
            has_word |= a->items[k].kind == ANSWER_WORD && strcmp(a->items[k].s, o->word) == 0;
        last = person >= 0 ? person : last;
        named = person >= 0 && has_word ? person : named;
        i = end;
    }
    const int person = named >= 0 ? named : last;
    if (person < 0)
        return verdict_set(out, in, PROBLEM_UNREADABLE, "no sentence names one person");
    return verdict_set(out, in, person == 0 ? PROBLEM_RIGHT : PROBLEM_WRONG, "the answer names %s as the %s",
                       o->names[person], o->word);
}
