/* check.h - one check as it was read, an answer as checks see it, and the functions that try a kind of check.
 *
 * Internal to this room.  A kind is a row of the table in check_kinds.c: its name, the members that it takes, and its
 * function.  Trying a check changes nothing but its result, and everything that it allocates is in the view's arena.
 */
#ifndef QUALITY_CHECK_H
#define QUALITY_CHECK_H

#include "base/buf.h"
#include "quality/word_list.h"
#include "results/record.h"
#include "json/json_fields.h"

typedef struct term_groups {
    term_group *items;
    size_t n;
} term_groups;

/* Sentences that say the same thing, each as groups that occur in this order. */
typedef struct statements {
    term_groups *items;
    size_t n;
} statements;

/* Which words of the answer are searched. */
typedef enum text_part {
    PART_ALL,
    PART_PROSE,
    PART_CODE,
    PART_HEADINGS,
    PART_BEGINNING,
    PART_MIDDLE,
    PART_END
} text_part;

typedef struct check_kind check_kind;

/* Which members count depends on the kind; docs/benchmark.md describes them. */
typedef struct check {
    const char *name;
    const check_kind *kind;
    bool is_technical, is_optional, is_ordered, has_any_name, is_in_place;
    double weight;
    const char **needs; // (n_needs): checks before this one, without which it cannot pass
    size_t n_needs;
    term_groups all, any, none;
    statements says, never;
    term_group subject, rivals;
    text_part part;
    int at_least, within;
    double min, max, tokens, equals, tolerance;
    const char *pattern;
    const char *function; // JSON texts for the sandbox
    const char *cases;
} check;

typedef struct answer_view {
    const answer_record *answer;
    const char *text; // at most LIMIT_CHECK_ANSWER_BYTES, NUL-terminated
    size_t n;
    bool is_too_long; // the answer has more
    markdown blocks;
    word_list words;
    const struct check_options *options; // of check_list.h
    arena *keep;
} answer_view;

typedef struct check_result {
    check_outcome outcome;
    buf detail;
    sw_code failed; // SW_ENOMEM or SW_ECANCELED
} check_result;

typedef void (*check_try_fn)(const check *c, const answer_view *v, check_result *out);

struct check_kind {
    const char *name;
    json_table table;
    check_try_fn try;
    bool (*is_complete)(json_reader *r, const json_place *at, const check *c); // after the members; may be NULL
};

/* The kind with that name, or NULL; the names of all, for a message. */
const check_kind *check_kind_find(const char *name);
extern const char CHECK_KIND_NAMES[];

/* Sets the outcome and appends to the detail. */
void check_pass(check_result *out, const char *format, ...) SW_PRINTF(2, 3);
void check_fail(check_result *out, const char *format, ...) SW_PRINTF(2, 3);
void check_skip(check_result *out, const char *format, ...) SW_PRINTF(2, 3);

/* Returns true if word i belongs to that part. */
bool view_is_in(const answer_view *v, size_t i, text_part part);
/* The first place at or after `from` where the group occurs in the part; view->words.n if there is none. */
size_t view_find(const answer_view *v, const term_group *group, text_part part, size_t from);
/* The number of a step: of an item or row, or of a line that begins "Step 3"; 0 for other items, -1 for other lines. */
int view_step_of(const md_line *l);

/* checks_words.c: what the words say */
void check_contains(const check *c, const answer_view *v, check_result *out);
void check_topic(const check *c, const answer_view *v, check_result *out);
void check_language(const check *c, const answer_view *v, check_result *out);
void check_number(const check *c, const answer_view *v, check_result *out);
void check_regex(const check *c, const answer_view *v, check_result *out);
bool check_regex_is_bounded(json_reader *r, const json_place *at, const check *c);
/* checks_claim.c */
void check_claim(const check *c, const answer_view *v, check_result *out);
/* checks_form.c: how the answer is built */
void check_words(const check *c, const answer_view *v, check_result *out);
void check_coverage(const check *c, const answer_view *v, check_result *out);
void check_headings(const check *c, const answer_view *v, check_result *out);
void check_sections(const check *c, const answer_view *v, check_result *out);
void check_steps(const check *c, const answer_view *v, check_result *out);
void check_json(const check *c, const answer_view *v, check_result *out);
void check_markdown(const check *c, const answer_view *v, check_result *out);
/* checks_end.c: whether it ends, and ends well */
void check_complete(const check *c, const answer_view *v, check_result *out);
void check_no_loop(const check *c, const answer_view *v, check_result *out);
/* checks_python.c */
void check_python(const check *c, const answer_view *v, check_result *out);
void check_python_parses(const check *c, const answer_view *v, check_result *out);
/* checks_jugs.c */
void check_jugs(const check *c, const answer_view *v, check_result *out);
/* checks_characters.c */
void check_characters(const check *c, const answer_view *v, check_result *out);
/* checks_order.c */
void check_order(const check *c, const answer_view *v, check_result *out);

#endif
