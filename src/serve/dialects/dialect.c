/* dialect.c - what the functions of every family need. */
#include "dialects/dialect.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_out.h"

void dialect_emit(event_sink *sink, const char *name, json_t *value)
{
    buf payload;
    buf_init(&payload, LIMIT_ANSWER_BYTES);
    json_write(&payload, value);
    if (payload.failed != SW_OK)
        sink->failed = true;
    else
        sink->emit(sink, name, payload.data, payload.size);
    buf_free(&payload);
}

void generation_request_free(generation_request *request)
{
    for (size_t i = 0; i < request->n_texts; i++)
        mem_free(request->texts[i]);
    mem_free(request->texts);
    mem_free(request->messages);
    mem_free(request->stops);
    mem_free(request->biases);
    json_decref(request->document);
    *request = (generation_request){0};
}
