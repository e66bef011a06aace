/* checks_jugs.c - the answer to "3-gallon and 5-gallon jugs, measure 4 gallons", carried out step by step.
 *
 * The steps are found as verbs (fill, pour, empty) with the jugs that belong to them; what an answer says between them
 * is compared with the state where it is a plain statement of amounts.  Any sequence that brings exactly four gallons
 * into a jug is right.  Filling a full jug and pouring from an empty one change nothing, so that a heading and the
 * sentence under it may name the same step.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "quality/check.h"

enum { SMALL, LARGE, N_JUGS, NO_JUG = -1, GOAL = 4, STEPS_WANTED = 3 };

static const int CAPACITY[N_JUGS] = {3, 5};

typedef struct jugs {
    const answer_view *v;
    const word *w; // the words of the answer
    size_t n;
    char alias[N_JUGS]; // "jug A": its letter; 0: none
    int amount[N_JUGS]; // gallons
    int last;           // the jug that was named last
    int n_steps;        // that were carried out
    size_t step;        // where the last one begins
    bool is_solved;
    size_t wrong_at; // a statement of amounts that is not true; n: none
    int wrong_amount, true_amount;
} jugs;

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Returns true if word i is one of those in `list`, which has blanks around each. */
static bool is_one_of(const jugs *j, size_t i, const char *list)
{
    char padded[32];
    if (i >= j->n || j->w[i].n + 3 > sizeof padded)
        return false;
    padded[0] = ' ';
    memcpy(padded + 1, j->w[i].s, j->w[i].n);
    memcpy(padded + 1 + j->w[i].n, " ", 2);
    return strstr(list, padded) != NULL;
}

static int value_at(const jugs *j, size_t i)
{
    static const char *const NAMES[] = {"zero", "one", "two", "three", "four", "five"};
    if (i >= j->n)
        return -1;
    for (int k = 0; k < 6; k++) {
        if (strcmp(j->w[i].s, NAMES[k]) == 0)
            return k;
    }
    return j->w[i].n == 1 && isdigit((unsigned char)j->w[i].s[0]) ? j->w[i].s[0] - '0' : -1;
}

static int jug_of_capacity(int gallons)
{
    return gallons == CAPACITY[SMALL] ? SMALL : gallons == CAPACITY[LARGE] ? LARGE : NO_JUG;
}

static const char VESSELS[] = " jug jugs container bucket vessel jar one ";

/* The jug that is named at word i: "5-gallon", "five gallon jug", "larger jug", "jug B"; with `is_bare`, "5" too. */
static int jug_at(const jugs *j, size_t i, bool is_bare)
{
    const int jug = jug_of_capacity(value_at(j, i));
    if (jug != NO_JUG) {
        const bool is_amount = is_one_of(j, i + 1, " gallons ") && !is_one_of(j, i + 2, VESSELS);
        const bool has_noun =
            is_one_of(j, i + 1, " gallon gallons gal g l liter litre ") || is_one_of(j, i + 1, VESSELS);
        return !is_amount && (has_noun || is_bare) ? jug : NO_JUG;
    }
    if (is_one_of(j, i, " larger bigger large big ") && is_one_of(j, i + 1, VESSELS))
        return LARGE;
    if (is_one_of(j, i, " smaller small little ") && is_one_of(j, i + 1, VESSELS))
        return SMALL;
    for (int k = 0; k < N_JUGS; k++) {
        if (is_one_of(j, i, VESSELS) && i + 1 < j->n && j->w[i + 1].n == 1 && j->w[i + 1].s[0] == j->alias[k])
            return k;
    }
    return NO_JUG;
}

/* "Jug A (5 gallons)", "the 5-gallon jug (jug A)": letters that stand for jugs. */
static void learn_aliases(jugs *j)
{
    for (size_t i = 0; i + 1 < j->n; i++) {
        const char letter = j->w[i + 1].n == 1 ? j->w[i + 1].s[0] : '\0';
        if (letter == '\0' || strchr("abxy", letter) == NULL || !is_one_of(j, i, " jug container "))
            continue;
        for (size_t k = i + 2; k < i + 6; k++) {
            const int jug = jug_of_capacity(value_at(j, k));
            if (jug != NO_JUG && is_one_of(j, k + 1, " gallon gallons gal ") && j->alias[jug] == 0 &&
                j->alias[1 - jug] != letter)
                j->alias[jug] = letter;
            if (jug != NO_JUG)
                break;
        }
    }
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

typedef enum verb { VERB_NONE, VERB_FILL, VERB_POUR, VERB_EMPTY, VERB_TOP, VERB_USE } verb;

/* "empty" is a verb before what is emptied, and an adjective after "is" and "the". */
static bool is_emptying(const jugs *j, size_t i)
{
    if (i > 0 && is_one_of(j, i - 1, " is are the an be was remains completely both its "))
        return false;
    return is_one_of(j, i + 1, " the out it that this your all water ") || jug_at(j, i + 1, false) != NO_JUG;
}

static verb verb_at(const jugs *j, size_t i)
{
    // What follows these is a consequence: "this will fill the jug".
    if (i > 0 && j->w[i - 1].sentence == j->w[i].sentence &&
        is_one_of(j, i - 1, " will would can could which cannot not only "))
        return VERB_NONE;
    if (is_one_of(j, i, " fill refill filling refilling "))
        return VERB_FILL;
    if (is_one_of(j, i, " top "))
        return VERB_TOP;
    if (is_one_of(j, i, " pour transfer pouring transferring move tip repour "))
        return VERB_POUR;
    if (is_one_of(j, i, " dump discard drain emptying dumping discarding "))
        return VERB_EMPTY;
    if (is_one_of(j, i, " empty ") && is_emptying(j, i))
        return VERB_EMPTY;
    return is_one_of(j, i, " use using ") ? VERB_USE : VERB_NONE;
}

/* The jugs of a step, and how they are joined to it. */
typedef struct parts {
    int object, from, into; // NO_JUG
    bool is_out;            // "out", "away": onto the ground
    int amount;             // "pour 2 gallons"; -1
} parts;

/* How the jug at word i is joined: the closest of these words before it. */
static char joint_before(const jugs *j, size_t i, size_t verb_index)
{
    for (size_t k = i; k > verb_index && k + 6 > i; k--) {
        if (is_one_of(j, k - 1, " into to onto "))
            return 'i';
        if (is_one_of(j, k - 1, " from of using with "))
            return 'f';
        if (k < i && jug_at(j, k - 1, true) != NO_JUG)
            return 'o';
    }
    return 'o';
}

/* Reads the clause of the verb at `at`; it ends before `end`. */
static parts read_clause(jugs *j, size_t at, size_t end)
{
    parts p = {NO_JUG, NO_JUG, NO_JUG, false, -1};
    for (size_t i = at + 1; i < end; i++) {
        p.is_out |= is_one_of(j, i, " out away ground sink drain ");
        if (value_at(j, i) >= 0 && is_one_of(j, i + 1, " gallons gallon ") && jug_at(j, i, false) == NO_JUG)
            p.amount = value_at(j, i);
        const bool is_it = is_one_of(j, i, " it ") && !is_one_of(j, i + 1, " is has will ");
        const int jug = is_it ? j->last : jug_at(j, i, true);
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
    return is_one_of(j, i,
                     " until leaving leaves leave which so giving since because there you'll now you resulting and ") &&
           !is_one_of(j, i + 1, " it then ");
}

static void pour(jugs *j, int from, int into, int *moved)
{
    const int space = CAPACITY[into] - j->amount[into];
    *moved = j->amount[from] < space ? j->amount[from] : space;
    j->amount[from] -= *moved;
    j->amount[into] += *moved;
}

/* A jug that is named later in the sentence, other than `jug`: "pour from the 5 until the 3-gallon jug is full". */
static int other_in_sentence(const jugs *j, size_t i, int jug)
{
    const unsigned sentence = i < j->n ? j->w[i].sentence : 0;
    for (; i < j->n && j->w[i].sentence == sentence; i++) {
        if (jug_at(j, i, false) == 1 - jug)
            return 1 - jug;
    }
    return NO_JUG;
}

static void carry_out_pour(jugs *j, const parts *p, size_t end)
{
    int from = p->from != NO_JUG ? p->from : p->object, into = p->into, moved = 0;
    if (from == NO_JUG && into == NO_JUG)
        return;
    if (into == NO_JUG && !p->is_out)
        into = other_in_sentence(j, end, from);
    if (from == NO_JUG || from == into)
        from = 1 - into;
    if (into != NO_JUG) {
        pour(j, from, into, &moved);
        if (p->amount >= 0 && moved > 0 && p->amount != moved && j->wrong_at == j->n) {
            j->wrong_at = j->step;
            j->wrong_amount = p->amount;
            j->true_amount = moved;
        }
    } else if (p->is_out) {
        j->amount[from] = 0;
    }
}

static void carry_out(jugs *j, verb what, const parts *p, size_t end)
{
    const int named = p->object != NO_JUG ? p->object : p->from != NO_JUG ? p->from : p->into;
    if (named == NO_JUG)
        return;
    int moved;
    j->n_steps++;
    if (what == VERB_POUR || (what == VERB_EMPTY && p->into != NO_JUG))
        carry_out_pour(j, p, end);
    else if (what == VERB_EMPTY)
        j->amount[named] = 0;
    else if (p->object != NO_JUG && p->from != NO_JUG && p->from != p->object)
        pour(j, p->from, p->object, &moved);
    else if (what == VERB_TOP && j->amount[1 - named] > 0) // what is missing comes from the other jug
        pour(j, 1 - named, named, &moved);
    else
        j->amount[named] = CAPACITY[named];
}

/* "Use the 5-gallon jug to fill the 3-gallon jug". */
static size_t carry_out_use(jugs *j, size_t at, size_t end)
{
    size_t fill = at;
    while (fill < end && !is_one_of(j, fill, " fill top "))
        fill++;
    const parts before = read_clause(j, at, fill);
    const parts after = fill < end ? read_clause(j, fill, end) : (parts){NO_JUG, NO_JUG, NO_JUG, false, -1};
    const int from = before.object != NO_JUG ? before.object : before.from;
    int moved;
    if (from != NO_JUG && after.object != NO_JUG && from != after.object) {
        j->n_steps++;
        j->step = at;
        pour(j, from, after.object, &moved);
    }
    return end;
}

/* The end of the clause that begins at `at`: another verb, a word that begins a consequence, or the sentence's end.  A
 * second clause of the same sentence is a step of its own unless it says what for ("to fill"). */
static size_t clause_end(const jugs *j, size_t at)
{
    size_t i = at + 1;
    while (i < j->n && j->w[i].sentence == j->w[at].sentence && !ends_clause(j, i) &&
           (verb_at(j, i) == VERB_NONE || verb_at(j, i) == VERB_USE))
        i++;
    return i;
}

/* ---- statements of amounts -------------------------------------------------------------------------------------- */

/* "leaving 2 gallons in the 5-gallon jug": compares it with the state, in words first .. end. */
static void compare_amounts(jugs *j, size_t first, size_t end)
{
    for (size_t i = first + 1; i < end; i++) {
        const int value = value_at(j, i);
        if (value < 0 || !is_one_of(j, i + 1, " gallons gallon "))
            continue;
        const bool is_plain =
            is_one_of(j, i - 1, " leaving leaves leave ") || (i > first + 1 && is_one_of(j, i - 1, " exactly with ") &&
                                                              is_one_of(j, i - 2, " leaving leaves leave left "));
        size_t k = i + 2;
        while (k < end && k < i + 5 && !is_one_of(j, k, " in inside "))
            k++;
        for (size_t m = k + 1; is_plain && m < end && m < k + 4; m++) {
            const int jug = jug_at(j, m, false);
            if (jug == NO_JUG)
                continue;
            if (j->amount[jug] != value && j->wrong_at == j->n) {
                j->wrong_at = i;
                j->wrong_amount = value;
                j->true_amount = j->amount[jug];
            }
            break;
        }
    }
}

/* ---- the whole answer ------------------------------------------------------------------------------------------- */

static void name_last(jugs *j, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const int jug = jug_at(j, i, false);
        j->last = jug != NO_JUG ? jug : j->last;
    }
}

static void carry_out_sentence(jugs *j, size_t first, size_t end)
{
    const int n_before = j->n_steps;
    for (size_t i = first; i < end;) {
        const verb what = verb_at(j, i);
        const bool is_purpose = i > first && is_one_of(j, i - 1, " to ") && j->n_steps > n_before;
        if (what == VERB_NONE || is_purpose) {
            name_last(j, i, i + 1);
            i++;
            continue;
        }
        if (what == VERB_USE) {
            i = carry_out_use(j, i, end);
            continue;
        }
        const size_t clause = clause_end(j, i);
        const parts p = read_clause(j, i, clause);
        j->step = p.object != NO_JUG || p.from != NO_JUG || p.into != NO_JUG ? i : j->step;
        carry_out(j, what, &p, clause);
        i = clause;
        if (j->amount[LARGE] == GOAL)
            break;
    }
    if (j->n_steps > 0)
        compare_amounts(j, first, end);
    j->is_solved = j->amount[LARGE] == GOAL;
}

/* Where the steps begin, if the answer numbers them: what comes before is talk. */
static unsigned first_step_line(const answer_view *v)
{
    int n = 0;
    unsigned first = 0;
    for (size_t i = v->blocks.n; i > 0; i--) {
        const int step = view_step_of(&v->blocks.lines[i - 1]);
        n += step > 0;
        first = step == 1 ? (unsigned)(i - 1) : first;
    }
    return n >= STEPS_WANTED ? first : 0;
}

/* A list that begins again tells the steps again. */
static void start_again(jugs *j, unsigned line, unsigned *seen)
{
    for (; *seen <= line && *seen < j->v->blocks.n; ++*seen) {
        const md_line *const l = &j->v->blocks.lines[*seen];
        if (view_step_of(l) == 1 && (l->kind == MD_HEADING || l->level == 0)) {
            j->amount[SMALL] = j->amount[LARGE] = 0;
            j->wrong_at = j->n;
        }
    }
}

/* Returns true if sentences under the heading at word i say what to do: then the heading is only their title. */
static bool is_title(const jugs *j, size_t i)
{
    if (j->w[i].kind != MD_HEADING)
        return false;
    while (i < j->n && j->w[i].kind == MD_HEADING)
        i++;
    for (; i < j->n && j->w[i].kind != MD_HEADING; i++) {
        if (verb_at(j, i) == VERB_NONE)
            continue;
        for (size_t k = i + 1; k < j->n && k < i + 12 && j->w[k].sentence == j->w[i].sentence; k++) {
            if (jug_at(j, k, false) != NO_JUG || is_one_of(j, k, " it "))
                return true;
        }
    }
    return false;
}

static void carry_out_all(jugs *j)
{
    unsigned seen = first_step_line(j->v);
    const unsigned first_line = seen;
    for (size_t i = 0; i < j->n && !j->is_solved;) {
        size_t end = i + 1;
        while (end < j->n && j->w[end].sentence == j->w[i].sentence)
            end++;
        if (j->w[i].line >= first_line) {
            start_again(j, j->w[i].line, &seen);
            if (is_title(j, i))
                name_last(j, i, end);
            else
                carry_out_sentence(j, i, end);
        }
        i = end;
    }
}

/* The words of a step, for the reader of a detail. */
static void quote_step(const jugs *j, size_t at, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = at; i < j->n && i < at + 14 && j->w[i].sentence == j->w[at].sentence; i++) {
        if (used + j->w[i].n + 2 > size)
            return;
        used += (size_t)sprintf(out + used, "%s%s", used > 0 ? " " : "", j->w[i].s);
    }
}

void check_jugs(const check *c, const answer_view *v, check_result *out)
{
    (void)c;
    jugs j = {.v = v, .w = v->words.items, .n = v->words.n, .last = NO_JUG, .wrong_at = v->words.n};
    char step[160];
    learn_aliases(&j);
    carry_out_all(&j);
    quote_step(&j, j.wrong_at < j.n ? j.wrong_at : j.step, step, sizeof step);
    if (j.n_steps == 0)
        check_fail(out, "the answer has no step that fills, pours or empties a jug");
    else if (j.wrong_at < j.n)
        check_fail(out, "'%s': it is %d, not %d", step, j.true_amount, j.wrong_amount);
    else if (!j.is_solved)
        check_fail(out, "after '%s' the 3-gallon jug holds %d and the 5-gallon jug %d: there are never 4", step,
                   j.amount[SMALL], j.amount[LARGE]);
    else
        check_pass(out, "four gallons after '%s'", step);
}
