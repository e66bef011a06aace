/* fuzz_embedding.c - bodies of OpenAI's embeddings, which have no streams. */
#include "dialects/openai_embedding.h"
#include "fuzz_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    generation_request r;
    api_error error = {0};
    char *const body = malloc(size + 1); // a body ends with a NUL
    memcpy(body, data, size);
    body[size] = '\0';
    if (OPENAI_EMBEDDING.parse(&r, body, size, /*random=*/7, &error)) {
        check(r.core.embed && !r.stream && r.n_choices == 1);
        check(r.n_prompts >= 1 && r.n_prompts <= LIMIT_REQUEST_ANSWERS);
        for (size_t i = 0; i < r.n_prompts; i++)
            check((r.prompts[i].text != NULL) != (r.prompts[i].tokens != NULL));
        generation_request_free(&r);
    } else {
        check(error.what != API_OK && error.message[0] != '\0' && api_status(&error) == 400);
    }
    free(body);
    return 0;
}
