/* generate.h - one answer of a model as `spillway run` shows it.
 *
 * The answer alone goes to standard output, so that it can be piped; reasoning and statistics go to standard error.
 * Text of the model that reaches a terminal is escaped first.
 */
#ifndef SW_GENERATE_H
#define SW_GENERATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "spillway.h"

/* What the engine's thread writes to; the main thread reads it after the last event. */
typedef struct sw_generation {
    bool escapes_content, dims_reasoning, show_reasoning;
    bool is_silent; // nothing is printed while the answer comes
    bool ends_line; // the last byte of content was a newline
    sw_buf scratch;
    sw_buf content, reasoning; // of the last answer
    sw_event done;
    sw_err err;
} sw_generation;

void sw_generation_init(sw_generation *g, bool show_reasoning);
void sw_generation_free(sw_generation *g);

/* Submits a request (its on_event and ud are set here) and shows its answer to the end; g->done says how it ended.
 * Ctrl-C cancels it, see sw_catch_interrupts.  Errors: those of the job, SW_EIO when standard output fails. */
SW_NODISCARD sw_code sw_generate(sw_generation *g, sw_engine *engine, sw_request request, sw_err *err);

/* From now on Ctrl-C cancels the answer that is under way, if there is one.  is_once: the second one ends the process.
 */
void sw_catch_interrupts(bool is_once);

/* Tokens and speed of the last answer, on standard error. */
void sw_generation_print_speed(const sw_generation *g);

#endif
