#include "support/model_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quant/decode.h"
#include "quant/encode.h"

static uint64_t n_elems(const model_tensor *t)
{
    return t->ne[0] * t->ne[1] * t->ne[2] * t->ne[3];
}

static size_t bytes_as(const model_tensor *t, tensor_type type)
{
    return (size_t)(type_row_bytes(type, t->ne[0]) * (n_elems(t) / t->ne[0]));
}

static void *zeros(size_t n)
{
    void *const p = calloc(n, 1);
    assert_non_null(p);
    return p;
}

model_copy *model_copy_open(const char *path)
{
    model_copy *const m = zeros(sizeof *m);
    sw_err err = {0};
    if (gguf_open(&m->g, path, &err) != SW_OK)
        fail_msg("%s", err.msg);
    m->n_tensors = gguf_n_tensors(m->g);
    assert_true(m->n_tensors <= MODEL_COPY_TENSORS);
    for (size_t i = 0; i < m->n_tensors; i++) {
        const gguf_tensor *const from = gguf_tensor_at(m->g, i);
        model_tensor *const t = &m->tensors[i];
        assert_true(from->name.size < sizeof t->name);
        memcpy(t->name, from->name.data, from->name.size);
        t->type = from->type;
        t->n_dims = from->n_dims;
        memcpy(t->ne, from->ne, sizeof t->ne);
        t->n_bytes = (size_t)from->bytes;
        t->data = zeros(t->n_bytes);
        if (gguf_read(m->g, from, 0, t->data, t->n_bytes, &err) != SW_OK)
            fail_msg("%s", err.msg);
    }
    return m;
}

void model_copy_close(model_copy *m)
{
    for (size_t i = 0; i < m->n_tensors; i++)
        free(m->tensors[i].data);
    gguf_close(m->g);
    free(m);
}

static void full_name(char name[64], int layer, const char *base)
{
    if (layer >= 0)
        snprintf(name, 64, "blk.%d.%s", layer, base);
    else
        snprintf(name, 64, "%s", base);
}

model_tensor *model_copy_find(model_copy *m, int layer, const char *base)
{
    char name[64];
    full_name(name, layer, base);
    for (size_t i = 0; i < m->n_tensors; i++) {
        if (strcmp(m->tensors[i].name, name) == 0)
            return &m->tensors[i];
    }
    return NULL;
}

model_tensor *model_copy_add(model_copy *m, int layer, const char *base, tensor_type type, const uint64_t ne[4])
{
    assert_true(m->n_tensors < MODEL_COPY_TENSORS);
    model_tensor *const t = &m->tensors[m->n_tensors++];
    *t = (model_tensor){.type = type};
    full_name(t->name, layer, base);
    for (int i = 0; i < 4; i++)
        t->ne[i] = ne[i] > 0 ? ne[i] : 1;
    while (t->n_dims < 4 && ne[t->n_dims] > 0)
        t->n_dims++;
    t->n_bytes = bytes_as(t, type);
    t->data = zeros(t->n_bytes);
    return t;
}

void model_copy_remove(model_copy *m, int layer, const char *base)
{
    model_tensor *const t = model_copy_find(m, layer, base);
    assert_non_null(t);
    free(t->data);
    *t = m->tensors[--m->n_tensors];
}

void model_tensor_convert(model_tensor *t, tensor_type type)
{
    const size_t n = (size_t)t->ne[0], n_bytes = bytes_as(t, type);
    const size_t from_row = (size_t)type_row_bytes(t->type, n), to_row = (size_t)type_row_bytes(type, n);
    uint8_t *const data = zeros(n_bytes);
    float *const row = zeros(n * sizeof *row);
    for (size_t r = 0; r < n_elems(t) / n; r++) {
        decode_row(t->type, t->data + r * from_row, n, row);
        encode_row(type, row, n, data + r * to_row);
    }
    free(row);
    free(t->data);
    t->data = data;
    t->n_bytes = n_bytes;
    t->type = type;
}

void model_copy_write(const model_copy *m, const char *path, const char *const *without,
                      void (*put_keys)(gguf_writer *w))
{
    static const char *const NONE[] = {NULL};
    sw_err err = {0};
    gguf_writer *w;
    if (gguf_writer_open(&w, path, &err) != SW_OK)
        fail_msg("%s", err.msg);
    gguf_put_all(w, m->g, without != NULL ? without : NONE);
    if (put_keys != NULL)
        put_keys(w);
    for (size_t i = 0; i < m->n_tensors; i++) {
        const model_tensor *const t = &m->tensors[i];
        gguf_announce(w, (str_view){t->name, strlen(t->name)}, t->type, t->n_dims, t->ne);
    }
    gguf_begin(w);
    for (size_t i = 0; i < m->n_tensors; i++)
        gguf_put_data(w, m->tensors[i].data, m->tensors[i].n_bytes);
    if (gguf_commit(w, &err) != SW_OK)
        fail_msg("%s", err.msg);
}
