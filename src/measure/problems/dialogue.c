/* dialogue.c - draws the turns of a conversation, one after the other. */
#include "problems/dialogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "problems/dialogue_facts.h"
#include "problems/problem_draw.h"
#include "problems/word_pools.h"

enum { FACTS_MAX = 12, PERSONS = 3, SPACE = 1 << 20, TURN_BYTES_MAX = 1000, SUM_MAX = 99 };

/* One thing that was told. */
typedef struct told_fact {
    const dialogue_fact_row *row;
    const char *person; // "" the user
    const char *value;  // as it is written
    const char *old[DIALOGUE_RIVALS_MAX];
    size_t n_old;
    int told_at;
    bool was_asked; // since it was told or corrected
} told_fact;

typedef struct dialogue_writer {
    dialogue *out;
    int level;
    problem_draw draw;
    arena *keep;
    told_fact facts[FACTS_MAX];
    int n_facts;
    const char *persons[PERSONS];
    int sum; // the last result; -1: the turn before was no sum
    bool failed;
} dialogue_writer;

static const char *keep_text(dialogue_writer *w, const char *text)
{
    const char *const kept = arena_copy(w->keep, text, strlen(text));
    w->failed |= kept == NULL;
    return kept;
}

/* Begins a turn whose text is put together from a row's wording. */
static dialogue_turn *add_turn(dialogue_writer *w, dialogue_turn_kind kind, const char *before, const char *wording,
                               const told_fact *f)
{
    dialogue_turn *const t = &w->out->turns[w->out->n_turns++];
    buf text;
    buf_init(&text, TURN_BYTES_MAX);
    buf_puts(&text, before);
    dialogue_put(&text, wording, f != NULL ? f->value : "", f != NULL && f->n_old > 0 ? f->old[f->n_old - 1] : "",
                 f != NULL ? f->person : "");
    *t = (dialogue_turn){.kind = kind, .text = keep_text(w, buf_str(&text)), .told_at = -1};
    w->failed |= text.failed != SW_OK;
    buf_free(&text);
    w->sum = -1;
    return t;
}

static void judge_turn(dialogue_writer *w, dialogue_turn *t, const char *accepted)
{
    t->accepted = pool_lower(accepted, w->keep);
    w->failed |= t->accepted == NULL;
    w->out->n_judged++;
}

/* ---- facts ------------------------------------------------------------------------------------------------------ */

static const char *draw_value(dialogue_writer *w, const dialogue_fact_row *row)
{
    if (row->pool != NULL)
        return row->pool[draw_below(&w->draw, row->n_pool)];
    char text[8];
    snprintf(text, sizeof text, "%d", draw_range(&w->draw, 10, 99));
    return keep_text(w, text);
}

static bool is_told(const dialogue_writer *w, const dialogue_fact_row *row, const char *person)
{
    for (int i = 0; i < w->n_facts; i++) {
        if (w->facts[i].row == row && strcmp(w->facts[i].person, person) == 0)
            return true;
    }
    return false;
}

/* Tells something new; false if there is nothing left to tell. */
static bool tell(dialogue_writer *w)
{
    const bool is_other = w->level == 2 && draw_below(&w->draw, 2) == 0;
    const int n_rows = is_other ? DIALOGUE_OTHERS_FACTS : DIALOGUE_OWN_FACTS, first = draw_below(&w->draw, n_rows);
    const char *const person = is_other ? w->persons[draw_below(&w->draw, PERSONS)] : "";
    for (int i = 0; i < n_rows && w->n_facts < FACTS_MAX; i++) {
        const dialogue_fact_row *const row = &(is_other ? DIALOGUE_OTHERS : DIALOGUE_OWN)[(first + i) % n_rows];
        if (is_told(w, row, person))
            continue;
        told_fact *const f = &w->facts[w->n_facts++];
        *f = (told_fact){.row = row, .person = person, .value = draw_value(w, row), .told_at = w->out->n_turns};
        if (f->value != NULL)
            add_turn(w, TURN_FACT, "", row->tell[draw_wording(&w->draw, DIALOGUE_WORDINGS)], f);
        return true;
    }
    return false;
}

/* Values of the same pool that are not the fact's: corrected ones, and those of others. */
static void add_rivals(dialogue_writer *w, dialogue_turn *t, const told_fact *f)
{
    for (int i = 0; i < w->n_facts; i++) {
        const told_fact *const other = &w->facts[i];
        for (size_t k = 0; k <= other->n_old && other->row->pool == f->row->pool && f->row->pool != NULL; k++) {
            const char *const value = k < other->n_old ? other->old[k] : other->value;
            if (strcmp(value, f->value) == 0 || t->n_rivals == DIALOGUE_RIVALS_MAX)
                continue;
            t->rivals[t->n_rivals] = pool_lower(value, w->keep);
            w->failed |= t->rivals[t->n_rivals] == NULL;
            t->n_rivals++;
        }
    }
}

static void ask(dialogue_writer *w, told_fact *f)
{
    const bool is_return = w->level > 0 && w->out->n_turns - f->told_at > 2 && draw_below(&w->draw, 3) == 0;
    const char *const before = !is_return ? "" : f->person[0] == '\0' ? "Back to me. " : "Back to my friends. ";
    dialogue_turn *const t = add_turn(w, is_return ? TURN_RETURN : TURN_QUESTION, before,
                                      f->row->ask[draw_wording(&w->draw, DIALOGUE_WORDINGS)], f);
    t->told_at = f->told_at;
    f->was_asked = true;
    judge_turn(w, t, f->value);
    add_rivals(w, t, f);
}

/* Corrects a fact; false if it cannot be. */
static bool correct(dialogue_writer *w, told_fact *f)
{
    if (f->row->correct == NULL || f->n_old == DIALOGUE_RIVALS_MAX)
        return false;
    const char *const old = f->value;
    for (int try = 0; try < 50 && strcmp(f->value, old) == 0; try++)
        f->value = draw_value(w, f->row);
    f->old[f->n_old++] = old;
    f->told_at = w->out->n_turns;
    f->was_asked = false;
    add_turn(w, TURN_CORRECTION, "", f->row->correct, f);
    return true;
}

/* ---- other turns ------------------------------------------------------------------------------------------------ */

static void add_sum(dialogue_writer *w)
{
    char text[80], result[8];
    const int a = draw_range(&w->draw, 11, 60), b = draw_range(&w->draw, 11, 38);
    snprintf(text, sizeof text, "What is %d + %d?", a, b);
    snprintf(result, sizeof result, "%d", a + b);
    judge_turn(w, add_turn(w, TURN_SUM, text, "", NULL), result);
    w->sum = a + b;
}

static void add_follow_up(dialogue_writer *w)
{
    char text[80], result[8];
    const bool is_less = w->sum > 80 || draw_below(&w->draw, 2) == 0;
    int b = is_less ? draw_range(&w->draw, 2, w->sum - 2) : draw_range(&w->draw, 2, SUM_MAX - w->sum);
    b -= is_less && 2 * b == w->sum; // the result must not be in the question
    const int sum = is_less ? w->sum - b : w->sum + b;
    snprintf(text, sizeof text, is_less ? "Now subtract %d from that." : "Now add %d to that.", b);
    snprintf(result, sizeof result, "%d", sum);
    dialogue_turn *const t = add_turn(w, TURN_FOLLOW_UP, text, "", NULL);
    t->told_at = w->out->n_turns - 2;
    judge_turn(w, t, result);
    w->sum = sum >= 10 ? sum : -1;
}

static void add_chat(dialogue_writer *w)
{
    const bool is_switch = w->level > 0 && draw_below(&w->draw, 2) == 0;
    const int n = w->level == 0 ? DIALOGUE_CHATS / 2 : DIALOGUE_CHATS;
    add_turn(w, is_switch ? TURN_SWITCH : TURN_CHAT, is_switch ? "Now to something else. " : "",
             DIALOGUE_CHAT[draw_below(&w->draw, n)], NULL);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static told_fact *next_unasked(dialogue_writer *w)
{
    for (int i = 0; i < w->n_facts; i++) {
        if (!w->facts[i].was_asked)
            return &w->facts[i];
    }
    return NULL;
}

static int count_unasked(const dialogue_writer *w)
{
    int n = 0;
    for (int i = 0; i < w->n_facts; i++)
        n += !w->facts[i].was_asked;
    return n;
}

/* One turn that leaves room to ask for everything that was told. */
static void add_one(dialogue_writer *w, int n_left)
{
    const int n_unasked = count_unasked(w), way = draw_below(&w->draw, 100);
    if (n_unasked >= n_left) {
        ask(w, next_unasked(w));
        return;
    }
    const bool has_room = n_left >= n_unasked + 2;
    told_fact *const f = w->n_facts > 0 ? &w->facts[draw_below(&w->draw, w->n_facts)] : NULL;
    if (has_room && (f == NULL || way < 25) && tell(w))
        return;
    if (w->sum >= 0 && way < 50)
        add_follow_up(w);
    else if (has_room && w->level > 0 && f != NULL && f->was_asked && way < 40 && correct(w, f))
        return;
    else if (f != NULL && way < 60)
        ask(w, f);
    else if (way < 72)
        add_sum(w);
    else
        add_chat(w);
}

static void write_all(dialogue_writer *w, int n_turns)
{
    int order[N_POOL_NAMES];
    draw_order(&w->draw, N_POOL_NAMES, order);
    for (int i = 0; i < PERSONS; i++)
        w->persons[i] = POOL_NAMES[order[i]];
    while (w->out->n_turns < n_turns && !w->failed)
        add_one(w, n_turns - w->out->n_turns);
}

sw_code dialogue_make(int level, int n_turns, uint64_t seed, arena *keep, const dialogue **out, sw_err *err)
{
    *out = NULL;
    if (level < 0 || level >= DIALOGUE_LEVELS)
        return sw_fail(err, SW_EINVAL, "dialogues have the levels 0 to %d, not %d", DIALOGUE_LEVELS - 1, level);
    if (n_turns < DIALOGUE_TURNS_MIN || n_turns > DIALOGUE_TURNS_MAX)
        return sw_fail(err, SW_EINVAL, "a dialogue has %d to %d exchanges, not %d", DIALOGUE_TURNS_MIN,
                       DIALOGUE_TURNS_MAX, n_turns);
    dialogue_writer w = {.out = arena_alloc(keep, sizeof *w.out), .level = level, .keep = keep, .sum = -1};
    if (w.out != NULL) {
        draw_begin(&w.draw, seed, SPACE, 200 + (uint64_t)level);
        write_all(&w, n_turns);
    }
    if (w.out == NULL || w.failed)
        return sw_fail(err, SW_ENOMEM, "out of memory making a dialogue");
    *out = w.out;
    return SW_OK;
}

const char *dialogue_turn_name(dialogue_turn_kind kind)
{
    static const char *const NAMES[] = {"fact",      "question",   "chat",   "sum",
                                        "follow-up", "correction", "switch", "return"};
    return NAMES[kind];
}

void dialogue_print(const dialogue *d, buf *out)
{
    for (int i = 0; i < d->n_turns; i++) {
        const dialogue_turn *const t = &d->turns[i];
        buf_printf(out, "%2d %-10s %s", i, dialogue_turn_name(t->kind), t->text);
        if (t->accepted != NULL)
            buf_printf(out, " [%s", t->accepted);
        if (t->accepted != NULL && t->told_at >= 0)
            buf_printf(out, ", told at %d", t->told_at);
        buf_puts(out, t->accepted != NULL ? "]\n" : "\n");
    }
}
