/* habits.c - the table, from the options of llama.cpp's programs and of Ollama. */
#include "cmd/habits.h"

#include <string.h>

// clang-format off
static const habit HABITS[] = {
    {"-ngl --n-gpu-layers --gpu-layers", HABIT_VALUE, false, "this command computes nothing with the layers", "LLAMA_ARG_N_GPU_LAYERS"},
    {"-fa --flash-attn", HABIT_SWITCH, false, "attention is always computed page by page, without a matrix of scores", "LLAMA_ARG_FLASH_ATTN"},
    {"-tb --threads-batch", HABIT_VALUE, false, "prompts use the threads of --threads", NULL},
    {"-ub --ubatch-size", HABIT_VALUE, false, "the most tokens that are evaluated at once are those of --batch", "LLAMA_ARG_UBATCH"},
    {"--mlock", HABIT_NO_VALUE, false, "weights are read into memory, which is not locked", "LLAMA_ARG_MLOCK"},
    {"--no-mmap", HABIT_NO_VALUE, false, "weights are always read into memory", "LLAMA_ARG_NO_MMAP"},
    {"--mmap", HABIT_NO_VALUE, false, "weights are always read into memory, never mapped", NULL},
    {"--numa", HABIT_VALUE, false, "threads are placed by the system", "LLAMA_ARG_NUMA"},
    {"--jinja", HABIT_NO_VALUE, false, "the chat format is recognised from the model's own template", NULL},
    {"--log-colors", HABIT_SWITCH, false, "logs have no colours; --color of 'run' and 'bench' is for what they print", NULL},
    {"-cnv --conversation -i --interactive", HABIT_NO_VALUE, false, "without a prompt 'spillway run' is a chat anyway", NULL},
    {"--no-display-prompt --simple-io --no-warmup", HABIT_NO_VALUE, false, "this is what happens anyway", NULL},
    {"-v --verbose-prompt", HABIT_NO_VALUE, false, "--stats prints tokens and speed", NULL},
    {"-ot --override-tensor", HABIT_VALUE, true, "the place of a tensor is not chosen by a pattern; --cpu-moe and --n-cpu-moe N keep experts in RAM", "LLAMA_ARG_OVERRIDE_TENSOR"},
    {"-hf -hfr --hf-repo -hff --hf-file -mu --model-url", HABIT_VALUE, true, "models are not downloaded; fetch the GGUF file with another program, and give its path, or its name if it is in a model folder", "LLAMA_ARG_HF_REPO"},
    {"-a --alias", HABIT_VALUE, true, "this command shows no model's name to clients; 'spillway serve' has --alias NAME", NULL},
    {"-f --file", HABIT_VALUE, true, "a prompt is read from standard input: spillway run MODEL - < FILE", NULL},
    {"-no-cnv --no-conversation", HABIT_NO_VALUE, true, "--raw continues a prompt without the chat template", NULL},
    {"--grammar --grammar-file -j --json-schema", HABIT_VALUE, true, "answers are not restricted to a grammar", NULL},
    {"--mirostat --dry-multiplier --xtc-probability --samplers", HABIT_VALUE, true, "there is no such sampler; 'spillway run --help' lists those that there are", NULL},
    {"--lora --lora-scaled --mmproj -md --model-draft", HABIT_VALUE, true, "only a model's own file is used", NULL},
    {"--host --port", HABIT_VALUE, true, "this command has no such address; 'spillway serve' has --bind ADDR:PORT", NULL},
    {"--metrics --slots", HABIT_NO_VALUE, false, "'spillway serve' answers GET /metrics anyway, and GET /slots without --no-slots", NULL},
};
// clang-format on

enum { N_HABITS = sizeof HABITS / sizeof HABITS[0] };

bool habit_has_spelling(const char *spellings, const char *word, size_t n)
{
    for (const char *p = spellings; *p != '\0';) {
        const size_t length = strcspn(p, " ");
        if (length == n && strncmp(p, word, n) == 0)
            return true;
        p += length + (p[length] == ' ');
    }
    return false;
}

const habit *habit_find(const char *word, size_t n)
{
    for (size_t i = 0; i < N_HABITS; i++) {
        if (habit_has_spelling(HABITS[i].spellings, word, n))
            return &HABITS[i];
    }
    return NULL;
}

const habit *habit_at(size_t i)
{
    return i < N_HABITS ? &HABITS[i] : NULL;
}

bool habit_is_switch_value(const char *word)
{
    static const char WORDS[] = "on off auto 0 1 true false enabled disabled";
    return habit_has_spelling(WORDS, word, strlen(word));
}
