/* fuzz_anthropic.c - Anthropic's messages, to be answered and to be counted. */
#include "dialects/anthropic.h"
#include "dialects/anthropic_request.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    generation_request r;
    api_error error = {0};
    fuzz_dialect(&ANTHROPIC, /*is_json=*/true, data, size);
    if (anthropic_count_parse(&r, (const char *)data, size, &error))
        check_ranges(&r);
    else
        check_refusal(&ANTHROPIC, &error);
    generation_request_free(&r);
    return 0;
}
