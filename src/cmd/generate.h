/* generate.h - one answer of a model as `spillway run` shows it.
 *
 * Only the answer goes to standard output, so that it can be piped; reasoning and statistics go to standard error.
 * Text of the model is escaped before it is written to a terminal.
 */
#ifndef CMD_GENERATE_H
#define CMD_GENERATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "spillway.h"

/* State of an answer.  The engine's thread writes it until the last event; after that the main thread reads it. */
typedef struct generation {
    bool escapes_content, dims_reasoning, show_reasoning;
    bool is_silent; // print nothing while the answer arrives
    bool ends_line; // the last byte of content was a newline
    buf scratch;
    buf content, reasoning; // of the last answer
    sw_event done;
    sw_err err;
} generation;

/* Escapes and colours are chosen by whether standard output and error are terminals. */
void generation_init(generation *g, bool show_reasoning);
void generation_free(generation *g);

/* Submits a request (its on_event and ud are set here) and prints its answer; g->done holds how it ended.
 * Ctrl-C cancels it, see generation_catch_interrupts.  Errors: those of the job, SW_EIO when standard output fails. */
SW_NODISCARD sw_code generation_run(generation *g, sw_engine *engine, sw_request request, sw_err *err);

/* From now on Ctrl-C cancels the running answer, if there is one.  is_once: the second Ctrl-C ends the process. */
void generation_catch_interrupts(bool is_once);

/* Prints tokens and speed of the last answer on standard error. */
void generation_print_speed(const generation *g);

#endif
