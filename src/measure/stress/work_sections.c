/* work_sections.c - a long text in sections: each request asks for the next one, and shows how the last one ended. */
#include <string.h>

#include "base/arena.h"
#include "stress/workload.h"

enum { TAIL_BYTES = 400 };

typedef struct sections {
    char tail[TAIL_BYTES + 1]; // of the last section; "" before the first
} sections;

const char *work_sections_begin(workload *w)
{
    sections *const s = w->state = arena_alloc(w->keep, sizeof *s);
    if (s == NULL)
        w->failed = SW_ENOMEM;
    else
        s->tail[0] = '\0';
    w->n_sessions = 1;
    w->n_planned = (int)w->suite->n_prompts * w->stage->n_requests;
    return NULL;
}

static const char *prompt_of(workload *w, const char *topic, int section)
{
    const sections *const s = w->state;
    const int n = w->stage->n_requests;
    if (section == 0)
        return work_text(w, "%s\n\nWrite section 1 of %d.", topic, n);
    return work_text(w, "%s\n\nSection %d ends: \"%s\"\n\nWrite section %d of %d.", topic, section, s->tail,
                     section + 1, n);
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    const int k = w->n_asked[session], n = w->stage->n_requests;
    if (k >= w->n_planned)
        return WORK_OVER;
    const int section = k % n;
    work_ask_prompt(w, (size_t)(k / n), 0, out);
    out->plan.prompt = prompt_of(w, out->plan.prompt, section);
    out->item = work_text(w, "%s/section=%d", out->plan.name, section + 1);
    return WORK_ASK;
}

/* The last bytes, from the beginning of a character on. */
static void took(workload *w, int session, const work_request *request, const answer_record *answer, double now_s)
{
    (void)session, (void)request, (void)now_s;
    sections *const s = w->state;
    const size_t n = answer->n_text < TAIL_BYTES ? answer->n_text : TAIL_BYTES;
    const char *from = answer->text + answer->n_text - n;
    while (*from != '\0' && ((unsigned char)*from & 0xc0) == 0x80)
        from++;
    const size_t left = (size_t)(answer->text + answer->n_text - from);
    memcpy(s->tail, from, left);
    s->tail[left] = '\0';
}

const work_ops WORK_SECTIONS_OPS = {next, took, NULL};
