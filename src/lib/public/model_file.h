/* model_file.h - access to the opened header inside the public sw_model_file, for opening an engine. */
#ifndef PUBLIC_MODEL_FILE_H
#define PUBLIC_MODEL_FILE_H

#include "chat/chat.h"
#include "gguf/gguf.h"
#include "spillway.h"

/* Belongs to the file. */
const gguf_file *model_file_gguf(const sw_model_file *file);
chat_format model_file_chat(const sw_model_file *file);

/* Gives the vocabulary to the caller, who frees it: the one that detecting the chat format read, or a new one.  Errors:
 * those of vocab_from_gguf. */
SW_NODISCARD sw_code model_file_take_vocab(sw_model_file *file, vocabulary **out, sw_err *err);

#endif
