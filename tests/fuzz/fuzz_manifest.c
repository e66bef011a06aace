/* Any bytes as a manifest of Ollama's: refused with a reason, or a digest that can be no other path than a blob's. */
#include <stdint.h>
#include <string.h>

#include "fuzz_check.h"
#include "serving/ollama_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char digest[OLLAMA_DIGEST_BYTES];
    sw_err err = {0};
    const sw_code code = ollama_manifest_read((const char *)data, size, digest, &err);
    check((code == SW_OK) == (err.msg[0] == '\0'));
    if (code == SW_OK)
        check(strlen(digest) == 64 && strspn(digest, "0123456789abcdef") == 64);
    return 0;
}
