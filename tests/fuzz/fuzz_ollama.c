/* fuzz_ollama.c - Ollama's chats, completions and embeddings. */
#include "dialects/ollama.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_dialect(&OLLAMA_CHAT, /*is_json=*/true, data, size);
    fuzz_dialect(&OLLAMA_GENERATE, /*is_json=*/true, data, size);
    fuzz_dialect(&OLLAMA_EMBED, /*is_json=*/true, data, size);
    return 0;
}
