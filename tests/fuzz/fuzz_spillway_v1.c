/* fuzz_spillway_v1.c - messages of WebSockets: what the first look finds, and the whole request. */
#include "dialects/spillway_v1.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char id[DIALECT_CLIENT_ID_BYTES];
    api_error error = {0};
    const v1_message kind = spillway_v1_look((const char *)data, size, id, &error);
    check(strlen(id) < sizeof id && utf8_valid(id, strlen(id)));
    check((kind == V1_REFUSED) == (error.what != API_OK));
    check(kind == V1_REFUSED || id[0] != '\0');
    fuzz_dialect(&SPILLWAY_V1, /*is_json=*/true, data, size);
    return 0;
}
