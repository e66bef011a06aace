/* model_file.h - the opened header behind the public sw_model_file, for the engine's own use. */
#ifndef SW_MODEL_FILE_H
#define SW_MODEL_FILE_H

#include "chat/chat.h"
#include "gguf/gguf.h"
#include "spillway.h"

const sw_gguf *sw_model_file_gguf(const sw_model_file *file);
sw_chat_format sw_model_file_chat(const sw_model_file *file);

/* Hands over the vocabulary, which the caller frees: the one that finding out the chat format needed, or a new one.
 * Errors: those of sw_vocab_from_gguf. */
SW_NODISCARD sw_code sw_model_file_take_vocab(sw_model_file *file, sw_vocab **out, sw_err *err);

#endif
