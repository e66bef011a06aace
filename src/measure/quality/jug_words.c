/* jug_words.c - reads single words with what is beside them; sentences are read in checks_jugs.c. */
#include "quality/jug_words.h"

#include <ctype.h>
#include <string.h>

const int JUG_GALLONS[N_JUGS] = {3, 5};

bool jug_words_has(const jug_words *j, size_t i, const char *list)
{
    return i < j->n && word_is_one_of(&j->w[i], list);
}

int jug_words_value(const jug_words *j, size_t i)
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
    return gallons == JUG_GALLONS[SMALL_JUG] ? SMALL_JUG : gallons == JUG_GALLONS[LARGE_JUG] ? LARGE_JUG : NO_JUG;
}

static const char VESSELS[] = " jug jugs container bucket vessel jar one side ";

int jug_words_jug(const jug_words *j, size_t i, bool is_bare)
{
    const int jug = jug_of_capacity(jug_words_value(j, i));
    if (jug != NO_JUG) {
        const bool is_amount = jug_words_has(j, i + 1, " gallons ") && !jug_words_has(j, i + 2, VESSELS);
        const bool has_noun =
            jug_words_has(j, i + 1, " gallon gallons gal g l liter litre ") || jug_words_has(j, i + 1, VESSELS);
        return !is_amount && (has_noun || is_bare) ? jug : NO_JUG;
    }
    if (jug_words_has(j, i, " larger bigger large big ") && jug_words_has(j, i + 1, VESSELS))
        return LARGE_JUG;
    if (jug_words_has(j, i, " smaller small little ") && jug_words_has(j, i + 1, VESSELS))
        return SMALL_JUG;
    if (is_bare && i > 0 && jug_words_has(j, i - 1, " to into from of the fill refill empty over ") &&
        !jug_words_has(j, i + 1, " amount part bit ")) {
        if (jug_words_has(j, i, " large big larger bigger "))
            return LARGE_JUG;
        if (jug_words_has(j, i, " small little smaller "))
            return SMALL_JUG;
    }
    for (int k = 0; k < N_JUGS; k++) {
        if (jug_words_has(j, i, VESSELS) && i + 1 < j->n && j->w[i + 1].n == 1 && j->w[i + 1].s[0] == j->alias[k])
            return k;
    }
    return NO_JUG;
}

void jug_words_learn(jug_words *j)
{
    for (size_t i = 0; i + 1 < j->n; i++) {
        const char letter = j->w[i + 1].n == 1 ? j->w[i + 1].s[0] : '\0';
        if (letter == '\0' || strchr("abxy", letter) == NULL || !jug_words_has(j, i, " jug container "))
            continue;
        for (size_t k = i + 2; k < i + 6; k++) {
            const int jug = jug_of_capacity(jug_words_value(j, k));
            if (jug != NO_JUG && jug_words_has(j, k + 1, " gallon gallons gal ") && j->alias[jug] == 0 &&
                j->alias[1 - jug] != letter)
                j->alias[jug] = letter;
            if (jug != NO_JUG)
                break;
        }
    }
}

/* "empty" is a verb before what is emptied, and an adjective after "is" and "the". */
static bool is_emptying(const jug_words *j, size_t i)
{
    if (i > 0 && jug_words_has(j, i - 1, " is are the an be was remains completely both its "))
        return false;
    return jug_words_has(j, i + 1, " the out it that this your all water ") || jug_words_jug(j, i + 1, false) != NO_JUG;
}

jug_verb jug_words_verb(const jug_words *j, size_t i)
{
    // What follows these is a consequence: "this will fill the jug".
    if (i > 0 && j->w[i - 1].sentence == j->w[i].sentence &&
        jug_words_has(j, i - 1, " will would can could which cannot not only "))
        return JUG_NONE;
    if (jug_words_has(j, i, " fill refill filling refilling replenish "))
        return JUG_FILL;
    if (jug_words_has(j, i, " top "))
        return JUG_TOP;
    if (jug_words_has(j, i,
                      " pour transfer pouring transferring move moving tip repour add decant decanting shift siphon "
                      "funnel flow run pass send "))
        return JUG_POUR;
    if (jug_words_has(j, i, " dump discard drain emptying dumping discarding throw toss spill clear rid "))
        return JUG_EMPTY;
    if (jug_words_has(j, i, " empty ") && is_emptying(j, i))
        return JUG_EMPTY;
    return jug_words_has(j, i, " use using ") ? JUG_USE : JUG_NONE;
}
