/* fuzz_completion.c - OpenAI's text completions. */
#include "dialects/openai_completion.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_dialect(&OPENAI_COMPLETION, /*is_json=*/true, data, size);
    return 0;
}
