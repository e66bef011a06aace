/* model_copy.h - a model file taken apart, changed and written again with the project's writer, so that one model can
 * be tested in other types and layouts.  What cannot be done ends the test. */
#ifndef TEST_MODEL_COPY_H
#define TEST_MODEL_COPY_H

#include "gguf/gguf_writer.h"

typedef struct model_tensor {
    char name[64];
    tensor_type type;
    int n_dims;
    uint64_t ne[4];
    uint8_t *data;
    size_t n_bytes;
} model_tensor;

enum { MODEL_COPY_TENSORS = 512 };

typedef struct model_copy {
    gguf_file *g; // the original: its keys
    model_tensor tensors[MODEL_COPY_TENSORS];
    size_t n_tensors;
} model_copy;

/* To be freed with model_copy_close. */
model_copy *model_copy_open(const char *path);
void model_copy_close(model_copy *m);

/* Of layer `layer`, or a global one if that is negative; NULL when absent.  A pointer lives until a tensor is added or
 * removed. */
model_tensor *model_copy_find(model_copy *m, int layer, const char *base);
/* A new tensor of zeros; dimensions end at the first 0. */
model_tensor *model_copy_add(model_copy *m, int layer, const char *base, tensor_type type, const uint64_t ne[4]);
void model_copy_remove(model_copy *m, int layer, const char *base);

/* Gives the tensor another type: its values, decoded and encoded again. */
void model_tensor_convert(model_tensor *t, tensor_type type);

/* Writes the copy with the original's keys but those in `without` (NULL-terminated), and what `put_keys` puts (or
 * NULL).
 */
void model_copy_write(const model_copy *m, const char *path, const char *const *without,
                      void (*put_keys)(gguf_writer *w));

#endif
