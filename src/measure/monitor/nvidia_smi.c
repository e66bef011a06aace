/* nvidia_smi.c - two queries of the program, and the lines that answer them. */
#include "monitor/nvidia_smi.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "monitor/child_output.h"
#include "monitor/proc_text.h"

static const uint64_t INTERVAL_NS = 1000000000;
static const double MIB = 1048576;

static const char *const CARDS_QUERY[] = {"nvidia-smi",
                                          "--query-gpu=name,driver_version,memory.total,memory.used,utilization.gpu,"
                                          "power.draw,temperature.gpu,clocks.sm,clocks.mem",
                                          "--format=csv,noheader,nounits", NULL};
static const char *const PROCESSES_QUERY[] = {"nvidia-smi", "--query-compute-apps=pid,used_memory",
                                              "--format=csv,noheader,nounits", NULL};

struct nvidia_smi {
    const sw_clock *clock;
    long pid;
    bool has_all_pids;
    child_output child;
    bool asks_processes; // what the child was asked
    uint64_t next_ns;
    size_t n_cards;
    gpu_card cards[GPU_CARDS_MAX];
    double process_bytes;
    char driver[GPU_TEXT_BYTES], names[GPU_CARDS_MAX][GPU_TEXT_BYTES];
};

/* ---- answers ----------------------------------------------------------------------------------------------------- */

/* Copies what is before the next comma, or the end of the line, without blanks before it, and moves *p after it.  False
 * if the line had ended. */
static bool next_word(const char **p, char out[GPU_TEXT_BYTES])
{
    if (**p == '\0' || **p == '\n')
        return false;
    *p += strspn(*p, " ");
    const size_t n = strcspn(*p, ",\n");
    snprintf(out, GPU_TEXT_BYTES, "%.*s", n < GPU_TEXT_BYTES ? (int)n : GPU_TEXT_BYTES - 1, *p);
    *p += n;
    *p += **p == ',';
    return true;
}

/* A number of a line, which may be the last of it. */
static bool next_number(const char **p, double scale, double *out)
{
    char word[GPU_TEXT_BYTES + 1];
    if (!next_word(p, word))
        return false;
    strcat(word, "\n");
    *out = proc_count(word) * scale;
    return true;
}

static bool read_card(const char **p, gpu_card *c, char name[GPU_TEXT_BYTES], char driver[GPU_TEXT_BYTES])
{
    *c = gpu_card_none();
    const bool is_card = next_word(p, name) && next_word(p, driver) && next_number(p, MIB, &c->total_bytes) &&
                         next_number(p, MIB, &c->used_bytes) && next_number(p, 1, &c->utilization_pct) &&
                         next_number(p, 1, &c->power_w) && next_number(p, 1, &c->temperature_c) &&
                         next_number(p, 1, &c->clock_mhz) && next_number(p, 1, &c->memory_clock_mhz) &&
                         (**p == '\n' || **p == '\0');
    *p += **p == '\n';
    return is_card;
}

size_t nvidia_smi_cards_of(const char *text, gpu_card *cards, char (*names)[GPU_TEXT_BYTES],
                           char driver[GPU_TEXT_BYTES])
{
    size_t n = 0;
    for (const char *p = text; *p != '\0' && n < GPU_CARDS_MAX; n++) {
        if (!read_card(&p, &cards[n], names[n], driver))
            return 0;
    }
    return n;
}

/* A process is in one line for each card that it uses. */
double nvidia_smi_process_of(const char *text, long pid, double otherwise)
{
    double sum = otherwise;
    bool is_found = false;
    for (const char *p = text; *p != '\0';) {
        double number = NAN, bytes = NAN;
        if (next_number(&p, 1, &number) && next_number(&p, MIB, &bytes) && number == (double)pid) {
            sum = (is_found ? sum : 0) + bytes;
            is_found = true;
        }
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    return sum;
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static bool ask(nvidia_smi *s, bool processes)
{
    s->asks_processes = processes;
    s->next_ns = clock_now_ns(s->clock) + INTERVAL_NS;
    return child_output_start(&s->child, processes ? PROCESSES_QUERY : CARDS_QUERY, s->clock);
}

/* Why there is no answer: what the program printed, or how it ended. */
static void explain(const nvidia_smi *s, char note[GPU_NOTE_BYTES])
{
    const child_output *const c = &s->child;
    if (c->state == CHILD_KILLED)
        snprintf(note, GPU_NOTE_BYTES, "nvidia-smi does not answer within %d s", CHILD_SECONDS);
    else if (c->text[0] != '\0')
        snprintf(note, GPU_NOTE_BYTES, "nvidia-smi: %.*s", (int)strcspn(c->text, "\n"), c->text);
    else
        snprintf(note, GPU_NOTE_BYTES, "nvidia-smi ended with code %d", c->exit_code);
}

/* Figures that it does not tell any more are unknown, not old. */
static void take_cards(nvidia_smi *s, bool is_answer)
{
    gpu_card cards[GPU_CARDS_MAX];
    const size_t n = is_answer ? nvidia_smi_cards_of(s->child.text, cards, s->names, s->driver) : 0;
    if (s->n_cards == 0)
        s->n_cards = n; // the first answer
    for (size_t i = 0; i < s->n_cards; i++)
        s->cards[i] = n == s->n_cards ? cards[i] : gpu_card_none();
}

/* Uses what the child printed, if it has ended. */
static void take(nvidia_smi *s)
{
    const bool is_answer = s->child.state == CHILD_ENDED && s->child.exit_code == 0;
    if (s->asks_processes)
        s->process_bytes = is_answer ? nvidia_smi_process_of(s->child.text, s->pid, s->has_all_pids ? 0 : NAN) : NAN;
    else
        take_cards(s, is_answer);
}

static void open_cards(nvidia_smi *s, char note[GPU_NOTE_BYTES])
{
    if (!ask(s, /*processes=*/false)) {
        snprintf(note, GPU_NOTE_BYTES, "nvidia-smi cannot be run: %s", strerror(errno));
        return;
    }
    child_output_wait(&s->child);
    take(s);
    if (s->n_cards == 0)
        explain(s, note);
    else if (s->pid != 0 && ask(s, /*processes=*/true)) {
        child_output_wait(&s->child);
        take(s);
    }
}

nvidia_smi *nvidia_smi_open(const sw_clock *clock, long pid, bool has_all_pids, char note[GPU_NOTE_BYTES])
{
    nvidia_smi *const s = mem_calloc(1, sizeof *s);
    if (s == NULL) {
        snprintf(note, GPU_NOTE_BYTES, "out of memory for nvidia-smi");
        return NULL;
    }
    s->clock = clock;
    s->pid = pid;
    s->has_all_pids = has_all_pids;
    s->process_bytes = NAN;
    open_cards(s, note);
    if (s->n_cards > 0)
        return s;
    nvidia_smi_close(s);
    return NULL;
}

void nvidia_smi_poll(nvidia_smi *s)
{
    const child_state before = s->child.state;
    if (child_output_poll(&s->child) == CHILD_RUNS)
        return;
    if (before == CHILD_RUNS)
        take(s);
    if (clock_now_ns(s->clock) >= s->next_ns && !ask(s, s->pid != 0 && !s->asks_processes))
        take_cards(s, /*is_answer=*/false); // the program was removed
}

size_t nvidia_smi_n_cards(const nvidia_smi *s)
{
    return s->n_cards;
}

const char *nvidia_smi_driver(const nvidia_smi *s)
{
    return s->driver;
}

const char *nvidia_smi_card_name(const nvidia_smi *s, size_t card)
{
    return s->names[card];
}

gpu_card nvidia_smi_read(const nvidia_smi *s, size_t card)
{
    gpu_card c = s->cards[card];
    c.process_bytes = card == 0 ? s->process_bytes : NAN;
    return c;
}

void nvidia_smi_close(nvidia_smi *s)
{
    if (s == NULL)
        return;
    child_output_close(&s->child);
    mem_free(s);
}
