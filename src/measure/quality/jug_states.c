/* jug_states.c - finds pairs of amounts in lines, and follows them as moves with a 3-gallon and a 5-gallon jug.
 *
 * A line states amounts in one of three ways: cells below the names of both jugs, an amount behind the name of each jug
 * ("3-gal: 0, 5-gal: 5"), or bare pairs ("0/5", "(0, 5)").  Verbs do not matter here.
 */
#include "quality/jug_states.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "quality/jug_words.h"

enum { GOAL = 4, MOVES_BETWEEN = 2, MOVES_WANTED = 3 };

typedef struct state {
    int amount[N_JUGS];
} state;

typedef struct chain {
    bool is_large_first; // in bare pairs
    state now;
    int n_moves;
    bool is_broken, is_solved;
    state said;        // amounts behind names, of this line or those right above it
    bool seen[N_JUGS]; // which of them were said
} chain;

/* A line that is read from left to right. */
typedef struct cursor {
    const char *s, *end;
} cursor;

/* ---- moves ------------------------------------------------------------------------------------------------------ */

static bool are_same(state a, state b)
{
    return a.amount[SMALL_JUG] == b.amount[SMALL_JUG] && a.amount[LARGE_JUG] == b.amount[LARGE_JUG];
}

/* What move 0 .. 5 makes of a state: fill, empty or pour, of either jug. */
static state moved(state from, int move)
{
    const int jug = move % N_JUGS, other = 1 - jug, space = JUG_GALLONS[other] - from.amount[other];
    const int poured = from.amount[jug] < space ? from.amount[jug] : space;
    if (move < 4) {
        from.amount[jug] = move < 2 ? JUG_GALLONS[jug] : 0;
        return from;
    }
    from.amount[jug] -= poured;
    from.amount[other] += poured;
    return from;
}

static bool is_reached(state from, state to, int n_moves)
{
    bool found = are_same(from, to);
    for (int move = 0; n_moves > 0 && move < 6 && !found; move++)
        found = is_reached(moved(from, move), to, n_moves - 1);
    return found;
}

static void follow(chain *c, state to)
{
    const bool is_start = to.amount[SMALL_JUG] == 0 && to.amount[LARGE_JUG] == 0;
    if (c->is_solved || are_same(c->now, to))
        return;
    if (is_start) {
        *c = (chain){.is_large_first = c->is_large_first};
        return; // they begin again
    }
    c->is_broken |= !is_reached(c->now, to, MOVES_BETWEEN);
    c->now = to;
    c->n_moves++;
    c->is_solved = !c->is_broken && c->n_moves >= MOVES_WANTED && to.amount[LARGE_JUG] == GOAL;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* A few of these characters; a line of blanks is not read again from each of them. */
static void skip_any(cursor *c, const char *of)
{
    for (int n = 0; n < 8 && c->s < c->end && strchr(of, *c->s) != NULL; n++)
        c->s++;
}

static bool takes(cursor *c, const char *wanted)
{
    const size_t n = strlen(wanted);
    if ((size_t)(c->end - c->s) < n || strncasecmp(c->s, wanted, n) != 0)
        return false;
    c->s += n;
    return true;
}

/* An amount of one digit with its unit. */
static bool take_amount(cursor *c, int *out)
{
    skip_any(c, " *_`\"'");
    const bool is_digit = c->s < c->end && isdigit((unsigned char)*c->s) &&
                          (c->s + 1 == c->end || !isalnum((unsigned char)c->s[1]) || strchr("gGlL", c->s[1]) != NULL);
    if (!is_digit)
        return false;
    *out = *c->s++ - '0';
    skip_any(c, " *_`\"'");
    if (!takes(c, "gallons") && !takes(c, "gallon") && !takes(c, "gal") && !takes(c, "g"))
        (void)takes(c, "l");
    skip_any(c, " *_`\"'");
    return true;
}

/* "(0, 5)", "[0, 5]", "0/5", "0 | 5"; a comma needs its bracket. */
static bool take_pair(cursor *c, int pair[2])
{
    const char opening = *c->s;
    const bool is_bracket = strchr("([{", opening) != NULL;
    c->s += is_bracket;
    if (!take_amount(c, &pair[0]) || c->s == c->end || strchr(is_bracket ? ",/|;:-" : "/|", *c->s) == NULL)
        return false;
    c->s++;
    if (!take_amount(c, &pair[1]))
        return false;
    return is_bracket ? c->s < c->end && strchr(")]}", *c->s) != NULL
                      : c->s == c->end || !(isalnum((unsigned char)*c->s) || strchr("/|", *c->s) != NULL);
}

/* The jug that is named here: "3-gallon jug", "5 gal", "\"3\"", "small", "larger jug", "L". */
static int take_name(cursor *c)
{
    static const char *const LARGE[] = {"larger", "large", "bigger", "big"};
    static const char *const SMALL[] = {"smaller", "small", "little"};
    for (size_t k = 0; k < sizeof LARGE / sizeof *LARGE; k++) {
        if (takes(c, LARGE[k]))
            return LARGE_JUG;
    }
    for (size_t k = 0; k < sizeof SMALL / sizeof *SMALL; k++) {
        if (takes(c, SMALL[k]))
            return SMALL_JUG;
    }
    if (c->s + 1 < c->end && strchr(" =:", c->s[1]) != NULL && strchr("LS", *c->s) != NULL)
        return *c->s++ == 'L' ? LARGE_JUG : SMALL_JUG;
    int gallons;
    if (*c->s == '-' || !take_amount(c, &gallons))
        return NO_JUG;
    skip_any(c, "- ");
    if (!takes(c, "gallon") && !takes(c, "gal") && !takes(c, "g"))
        (void)takes(c, "l");
    return gallons == 3 ? SMALL_JUG : gallons == 5 ? LARGE_JUG : NO_JUG;
}

/* "3-gallon jug: 2 gallons", "small = 2", "\"3\": 2". */
static bool take_labelled(cursor *c, state *out, bool seen[N_JUGS])
{
    const int jug = take_name(c);
    if (jug == NO_JUG)
        return false;
    skip_any(c, "- *_`\"')");
    (void)(takes(c, "jug") || takes(c, "container"));
    skip_any(c, " *_`\"')");
    if (c->s == c->end || (!takes(c, ":") && !takes(c, "=") && !takes(c, "has") && !takes(c, "holds")))
        return false;
    if (!take_amount(c, &out->amount[jug]) || (c->s < c->end && *c->s == '/'))
        return false;
    seen[jug] = true;
    return true;
}

/* Returns true if a number or a name may begin here. */
static bool is_start(const md_line *l, const char *s)
{
    return s == l->text || !(isalnum((unsigned char)s[-1]) || strchr(".-/", s[-1]) != NULL);
}

static bool is_possible(state s)
{
    return s.amount[SMALL_JUG] <= JUG_GALLONS[SMALL_JUG] && s.amount[LARGE_JUG] <= JUG_GALLONS[LARGE_JUG];
}

/* Amounts behind the names of jugs, on one line or on lines below each other.  Returns true if those of both are known
 * now. */
static bool follow_labels(chain *c, const md_line *l)
{
    bool any = false, are_both = false;
    for (const char *p = l->text; p < l->text + l->n; p++) {
        cursor at = {p, l->text + l->n};
        if (!is_start(l, p) || !take_labelled(&at, &c->said, c->seen))
            continue;
        any = true;
        p = at.s - 1;
        if (!c->seen[SMALL_JUG] || !c->seen[LARGE_JUG])
            continue;
        are_both = true;
        c->seen[SMALL_JUG] = c->seen[LARGE_JUG] = false;
        c->is_broken |= !is_possible(c->said);
        follow(c, c->said);
    }
    if (!any)
        c->seen[SMALL_JUG] = c->seen[LARGE_JUG] = false;
    return are_both;
}

static void follow_pairs(chain *c, const md_line *l)
{
    for (const char *p = l->text; p < l->text + l->n; p++) {
        int pair[2];
        cursor at = {p, l->text + l->n};
        if (!is_start(l, p) || !take_pair(&at, pair))
            continue;
        const state s = {{pair[c->is_large_first], pair[!c->is_large_first]}};
        c->is_broken |= !is_possible(s);
        follow(c, s);
        p = at.s - 1;
    }
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

/* The text of a cell; columns count from 0. */
static cursor cell_of(const md_line *row, int column)
{
    const char *s = row->text, *const end = row->text + row->n;
    s += s < end && *s == '|';
    while (column > 0 && (s = memchr(s, '|', (size_t)(end - s))) != NULL) {
        s++;
        column--;
    }
    if (s == NULL)
        return (cursor){end, end};
    const char *const pipe = memchr(s, '|', (size_t)(end - s));
    return (cursor){s, pipe != NULL ? pipe : end};
}

/* The jug that a head of a column names anywhere; NO_JUG if none or both. */
static int head_of(cursor cell)
{
    int found = NO_JUG;
    for (const char *p = cell.s; p < cell.end; p++) {
        cursor at = {p, cell.end};
        const int jug = p == cell.s || !isalnum((unsigned char)p[-1]) ? take_name(&at) : NO_JUG;
        if (jug != NO_JUG && found == 1 - jug)
            return NO_JUG;
        found = jug != NO_JUG ? jug : found;
        p = jug != NO_JUG ? at.s - 1 : p;
    }
    return found;
}

/* The columns of the jugs in the head of a table; false if it does not name both once. */
static bool find_columns(const md_line *head, int columns[N_JUGS])
{
    columns[SMALL_JUG] = columns[LARGE_JUG] = -1;
    for (int k = 0; k < (int)markdown_count_cells(head) && k < 16; k++) {
        const int jug = head_of(cell_of(head, k));
        if (jug != NO_JUG)
            columns[jug] = k;
    }
    return columns[SMALL_JUG] >= 0 && columns[LARGE_JUG] >= 0;
}

static bool follow_row(chain *c, const md_line *row, const int columns[N_JUGS])
{
    state s;
    for (int jug = 0; jug < N_JUGS; jug++) {
        cursor cell = cell_of(row, columns[jug]);
        if (!take_amount(&cell, &s.amount[jug]))
            return false;
    }
    c->is_broken |= !is_possible(s);
    follow(c, s);
    return true;
}

static bool leads_to_four(const markdown *text, bool is_large_first)
{
    chain c = {.is_large_first = is_large_first};
    int columns[N_JUGS];
    bool has_columns = false;
    for (size_t i = 0; i < text->n && !c.is_solved; i++) {
        const md_line *const l = &text->lines[i];
        if (l->kind == MD_ROW_RULE)
            continue;
        const bool is_head = l->kind == MD_ROW && (i == 0 || text->lines[i - 1].kind != MD_ROW) &&
                             (i == 0 || text->lines[i - 1].kind != MD_ROW_RULE);
        has_columns = is_head ? find_columns(l, columns) : has_columns && l->kind == MD_ROW;
        if (is_head || (has_columns && follow_row(&c, l, columns)))
            continue;
        if (!follow_labels(&c, l))
            follow_pairs(&c, l);
    }
    return c.is_solved;
}

bool jug_states_lead_to_four(const markdown *text)
{
    return leads_to_four(text, false) || leads_to_four(text, true);
}
