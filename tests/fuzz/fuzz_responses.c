/* fuzz_responses.c - requests for responses, and the responses to them. */
#include "dialects/openai_responses.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_dialect(&OPENAI_RESPONSES, /*is_json=*/true, data, size);
    return 0;
}
