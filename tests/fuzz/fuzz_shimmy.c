/* fuzz_shimmy.c - bodies of /api/generate, in shimmy's form or in either. */
#include "dialects/shimmy.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_dialect(&SHIMMY, /*is_json=*/false, data, size);
    fuzz_dialect(&SHIMMY_OR_OLLAMA, /*is_json=*/false, data, size);
    fuzz_dialect(&SHIMMY_WS, /*is_json=*/false, data, size);
    return 0;
}
