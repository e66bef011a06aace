/* synth_tensors.h - the tensors of a preset's model: names, types, shapes and the distribution of their values. */
#ifndef CONVERT_SYNTH_TENSORS_H
#define CONVERT_SYNTH_TENSORS_H

#include "convert/presets.h"

typedef struct synth_tensor {
    char name[64];
    tensor_type type;
    int n_dims;
    uint64_t ne[3];        // 1 where there is no such dimension
    float mean, deviation; // of the values
} synth_tensor;

typedef struct synth_tensors {
    const preset *p;
    synth_tensor *items; // (n)
    size_t n, cap;
    uint64_t bytes; // of all data
    bool failed;
} synth_tensors;

/* Lists the tensors in file order.  False when memory is short.  Free out->items with mem_free either way. */
bool synth_tensors_list(const preset *p, synth_tensors *out);

#endif
