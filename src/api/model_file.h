/* model_file.h - the opened header behind the public sw_model_file, for the engine's own use. */
#ifndef SW_MODEL_FILE_H
#define SW_MODEL_FILE_H

#include "gguf/gguf.h"
#include "spillway.h"

const sw_gguf *sw_model_file_gguf(const sw_model_file *file);

#endif
