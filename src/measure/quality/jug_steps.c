/* jug_steps.c - a clause's words become the jugs of a step, and the step changes what the jugs hold. */
#include "quality/jug_steps.h"

/* How the jug at word i is joined: the closest of these words before it. */
static char joint_before(const jugs *j, size_t i, size_t verb_index)
{
    for (size_t k = i; k > verb_index && k + 6 > i; k--) {
        if (jug_words_has(&j->text, k - 1, " into to onto "))
            return 'i';
        if (jug_words_has(&j->text, k - 1, " from of using with "))
            return 'f';
        if (k < i && jug_words_jug(&j->text, k - 1, true) != NO_JUG)
            return 'o';
    }
    return 'o';
}

jug_parts jug_steps_read_clause(jugs *j, size_t at, size_t end)
{
    jug_parts p = {NO_JUG, NO_JUG, NO_JUG, false, false, -1};
    for (size_t i = at + 1; i < end; i++) {
        p.is_out |= jug_words_has(&j->text, i, " out away ground sink drain ");
        p.is_in |= jug_words_has(&j->text, i, " in ") &&
                   (i + 1 == end || jug_words_has(&j->text, i + 1, " as too also again "));
        if (jug_words_value(&j->text, i) >= 0 && jug_words_has(&j->text, i + 1, " gallons gallon ") &&
            jug_words_jug(&j->text, i, false) == NO_JUG && p.object == NO_JUG)
            p.amount = jug_words_value(&j->text, i);
        const bool is_it = jug_words_has(&j->text, i, " it ") && !jug_words_has(&j->text, i + 1, " is has will ");
        const int jug = is_it ? j->last : jug_words_jug(&j->text, i, true);
        if (jug == NO_JUG)
            continue;
        const char joint = joint_before(j, i, at);
        int *const place = joint == 'i' ? &p.into : joint == 'f' ? &p.from : &p.object;
        if (*place == NO_JUG)
            *place = is_it && joint == 'i' && p.from == jug ? 1 - jug : jug;
        if (!is_it)
            j->last = jug;
    }
    return p;
}

static bool ends_clause(const jugs *j, size_t i)
{
    return jug_words_has(
               &j->text, i,
               " until leaving leaves leave which so giving since because there you'll now you resulting and ") &&
           !jug_words_has(&j->text, i + 1, " it then ");
}

static void pour(jugs *j, int from, int into, int *moved)
{
    const int space = JUG_GALLONS[into] - j->amount[into];
    *moved = j->amount[from] < space ? j->amount[from] : space;
    j->amount[from] -= *moved;
    j->amount[into] += *moved;
}

/* A jug that is named later in the sentence, other than `jug`: "pour from the 5 until the 3-gallon jug is full". */
static int other_in_sentence(const jugs *j, size_t i, int jug)
{
    const unsigned sentence = i < j->text.n ? j->text.w[i].sentence : 0;
    for (; i < j->text.n && j->text.w[i].sentence == sentence; i++) {
        if (jug_words_jug(&j->text, i, false) == 1 - jug)
            return 1 - jug;
    }
    return NO_JUG;
}

static void carry_out_pour(jugs *j, const jug_parts *p, size_t end)
{
    int from = p->from != NO_JUG ? p->from : p->object, into = p->into, moved = 0;
    if (from == NO_JUG && into == NO_JUG)
        return;
    if (into == NO_JUG && !p->is_out)
        into = p->is_in ? 1 - from : other_in_sentence(j, end, from);
    if (from == NO_JUG || from == into)
        from = 1 - into;
    if (into != NO_JUG) {
        pour(j, from, into, &moved);
        if (p->amount >= 0 && moved > 0 && p->amount != moved && j->wrong_at == j->text.n) {
            j->wrong_at = j->step;
            j->wrong_amount = p->amount;
            j->true_amount = moved;
        }
    } else if (p->is_out) {
        j->amount[from] = 0;
    }
}

void jug_steps_carry_out(jugs *j, jug_verb what, const jug_parts *p, size_t end)
{
    const int named = p->object != NO_JUG ? p->object : p->from != NO_JUG ? p->from : p->into;
    if (named == NO_JUG)
        return;
    int moved;
    j->n_steps++;
    if (what == JUG_POUR || (what == JUG_EMPTY && p->into != NO_JUG))
        carry_out_pour(j, p, end);
    else if (what == JUG_EMPTY)
        j->amount[named] = 0;
    else if (p->object != NO_JUG && p->from != NO_JUG && p->from != p->object)
        pour(j, p->from, p->object, &moved);
    else if (what == JUG_TOP && j->amount[1 - named] > 0) // what is missing comes from the other jug
        pour(j, 1 - named, named, &moved);
    else
        j->amount[named] = JUG_GALLONS[named];
}

size_t jug_steps_use(jugs *j, size_t at, size_t end)
{
    size_t fill = at;
    while (fill < end && !jug_words_has(&j->text, fill, " fill top "))
        fill++;
    const jug_parts before = jug_steps_read_clause(j, at, fill);
    const jug_parts after =
        fill < end ? jug_steps_read_clause(j, fill, end) : (jug_parts){NO_JUG, NO_JUG, NO_JUG, false, false, -1};
    const int from = before.object != NO_JUG ? before.object : before.from;
    int moved;
    if (from != NO_JUG && after.object != NO_JUG && from != after.object) {
        j->n_steps++;
        j->step = at;
        pour(j, from, after.object, &moved);
    }
    return end;
}

size_t jug_steps_clause_end(const jugs *j, size_t at)
{
    size_t i = at + 1;
    while (i < j->text.n && j->text.w[i].sentence == j->text.w[at].sentence && !ends_clause(j, i) &&
           (jug_words_verb(&j->text, i) == JUG_NONE || jug_words_verb(&j->text, i) == JUG_USE))
        i++;
    return i;
}
