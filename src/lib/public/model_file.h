/* model_file.h - the opened header behind the public sw_model_file, for the engine's own use. */
#ifndef PUBLIC_MODEL_FILE_H
#define PUBLIC_MODEL_FILE_H

#include "chat/chat.h"
#include "gguf/gguf.h"
#include "spillway.h"

const gguf_file *model_file_gguf(const sw_model_file *file);
chat_format model_file_chat(const sw_model_file *file);

/* Hands over the vocabulary, which the caller frees: the one that finding out the chat format needed, or a new one.
 * Errors: those of vocab_from_gguf. */
SW_NODISCARD sw_code model_file_take_vocab(sw_model_file *file, vocabulary **out, sw_err *err);

#endif
