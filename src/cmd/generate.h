/* generate.h - one answer of a model as `spillway run` shows it.
 *
 * Only the answer goes to standard output, so that it can be piped; reasoning and statistics go to standard error.
 * Text of the model is escaped before it is written to a terminal, and broken at spaces to its width.  While nothing of
 * the answer is there yet, a terminal shows that the model works.
 */
#ifndef CMD_GENERATE_H
#define CMD_GENERATE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "cmd/wrap.h"
#include "spillway.h"

/* State of an answer.  The engine's thread writes it until the last event; after that the main thread reads it.
 * A third thread shows the sign of life meanwhile. */
typedef struct generation {
    bool escapes_content, escapes_reasoning; // they go to terminals
    bool dims_reasoning;
    bool show_reasoning;
    bool is_silent;           // print nothing while the answer arrives
    bool shows_life;          // both streams are terminals
    bool is_line_drawn;       // the sign of life is on the terminal
    bool in_reasoning;        // the last text that was shown
    bool ends_line;           // the last byte of content was a newline
    int n_to_read, n_thought; // tokens of the prompt that are not yet evaluated, and of reasoning
    uint64_t start_ns;
    pthread_mutex_t lock; // of all above while the sign of life is shown
    pthread_cond_t over;
    bool is_over;
    wrap content_wrap, reasoning_wrap;
    buf scratch, lines;
    buf content, reasoning; // of the last answer
    sw_event done;
    sw_err err;
} generation;

/* Escapes, colours and line breaks are chosen by whether standard output and error are terminals. */
void generation_init(generation *g, bool show_reasoning);
void generation_free(generation *g);

/* Submits a request (its on_event and ud are set here) and prints its answer; g->done holds how it ended.
 * Ctrl-C cancels it, see generation_catch_interrupts.  Errors: those of the job, SW_EIO when standard output fails. */
SW_NODISCARD sw_code generation_run(generation *g, sw_engine *engine, sw_request request, sw_err *err);

/* From now on Ctrl-C cancels the running answer, if there is one.  is_once: the second Ctrl-C ends the process. */
void generation_catch_interrupts(bool is_once);

/* Returns true if the answer ended because the context was full, not at `max_tokens` (0: none was asked for). */
bool generation_filled_context(const generation *g, int max_tokens);

/* Writes why an answer ended before its time: in the model's thoughts, or cut.  Returns false if it did not, or if
 * `max_tokens` cut an answer that has begun, which is what was asked for. */
bool generation_explain_end(const generation *g, int max_tokens, char *out, size_t size);

/* Prints tokens and speed of the last answer on standard error. */
void generation_print_speed(const generation *g);

#endif
