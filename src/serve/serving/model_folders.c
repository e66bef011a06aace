/* model_folders.c - the list, from the environment and the home folder. */
#include "serving/model_folders.h"

#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name)
{
    const char *const value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void append(buf *out, const char *folders)
{
    if (folders != NULL)
        buf_printf(out, ";%s", folders);
}

/* Appends the folder of a file. */
static void append_folder_of(buf *out, const char *file)
{
    const char *const slash = file != NULL ? strrchr(file, '/') : NULL;
    if (slash != NULL && slash != file)
        buf_printf(out, ";%.*s", (int)(slash - file), file);
}

void model_folders_default(buf *out, bool all)
{
    static const char *const AT_HOME[] = {"~/.cache/huggingface/hub", "~/.lmstudio/models", "~/models",
                                          "~/.local/share/spillway/models", "~/.local/share/shimmy/models"};
    const char *const ollama = variable("OLLAMA_MODELS");
    buf_puts(out, "./models");
    append_folder_of(out, variable("SHIMMY_BASE_GGUF"));
    append(out, variable("SHIMMY_MODEL_PATHS"));
    append(out, ollama);
    for (size_t i = 0; all && i < sizeof AT_HOME / sizeof AT_HOME[0]; i++)
        append(out, AT_HOME[i]);
    if (all && ollama == NULL)
        append(out, "~/.ollama/models");
}
