/* model_folders.h - where models are looked for if no folders are named: the places where this program, shimmy, Ollama,
 * LM Studio and the Hugging Face libraries keep them. */
#ifndef SERVING_MODEL_FOLDERS_H
#define SERVING_MODEL_FOLDERS_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends "a;b;...": ./models and the folders of SHIMMY_BASE_GGUF's file, SHIMMY_MODEL_PATHS and OLLAMA_MODELS; and
 * with `all`, the usual places of the home folder. */
void model_folders_default(buf *out, bool all);

#endif
