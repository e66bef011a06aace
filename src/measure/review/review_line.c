/* review_line.c - one letter after another: digits and dashes are scores, letters flags, a colon begins the note. */
#include "review/review_line.h"

#include <string.h>

#include "base/limits.h"
#include "review/review_file.h"

const char REVIEW_LINE_HELP[] = "content accuracy responsiveness (1-5, -), flags r w c o, :note    4 5 - w: why";

/* The flag whose name begins with the letter, or -1. */
static int flag_of(char letter)
{
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        if (review_flag_name((review_flag)i)[0] == letter)
            return i;
    }
    return -1;
}

/* Takes one character of scores and flags; *n_scores counts the scores that were given or left out. */
static sw_code take(char c, review_record *out, int *n_scores, sw_err *err)
{
    if (c == ' ' || c == '\t' || c == ',')
        return SW_OK;
    if (c == '-' || (c >= '0' && c <= '9')) {
        if (c != '-' && (c - '0' < REVIEW_SCORE_MIN || c - '0' > REVIEW_SCORE_MAX))
            return sw_fail(err, SW_EINVAL, "a score is 1 to 5, not %c; type - for one that is not given", c);
        if (*n_scores == N_REVIEW_SCORES)
            return sw_fail(err, SW_EINVAL, "there are %d scores: content, accuracy, responsiveness", N_REVIEW_SCORES);
        out->scores[(*n_scores)++] = c == '-' ? 0 : c - '0';
        return SW_OK;
    }
    const int flag = flag_of(c);
    if (flag < 0)
        return sw_fail(err, SW_EINVAL,
                       "a line is scores (1 to 5 or -), flags (r, w, c, o), and a note after a colon; ? explains it");
    out->flags[flag] = true;
    return SW_OK;
}

sw_code review_line_read(const char *line, review_record *out, sw_err *err)
{
    memset(out->scores, 0, sizeof out->scores);
    memset(out->flags, 0, sizeof out->flags);
    out->note = "";
    int n_scores = 0;
    sw_code code = SW_OK;
    const char *p = line;
    for (; code == SW_OK && *p != '\0' && *p != ':'; p++)
        code = take(*p, out, &n_scores, err);
    if (code == SW_OK && *p == ':') {
        out->note = p + 1 + strspn(p + 1, " \t");
        code = review_check_text(out->note, LIMIT_REVIEW_NOTE_BYTES, "a note", err);
    }
    if (code == SW_OK && !review_says_something(out))
        return sw_fail(err, SW_EINVAL, "the line gives no score, flag or note; s skips the answer");
    return code;
}

void review_line_put(buf *out, const review_record *r)
{
    int n_scores = N_REVIEW_SCORES;
    while (n_scores > 0 && r->scores[n_scores - 1] == 0)
        n_scores--;
    const char *space = "";
    for (int i = 0; i < n_scores; i++, space = " ")
        buf_printf(out, "%s%c", space, r->scores[i] != 0 ? '0' + r->scores[i] : '-');
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        if (r->flags[i]) {
            buf_printf(out, "%s%c", space, review_flag_name((review_flag)i)[0]);
            space = " ";
        }
    }
    if (r->note[0] != '\0')
        buf_printf(out, ": %s", r->note);
}
