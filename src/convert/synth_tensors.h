/* synth_tensors.h - which tensors a preset's model has, with types, shapes and the spread of their values. */
#ifndef SW_SYNTH_TENSORS_H
#define SW_SYNTH_TENSORS_H

#include "convert/presets.h"

typedef struct sw_synth_tensor {
    char name[64];
    sw_type type;
    int n_dims;
    uint64_t ne[3]; // 1 where there is no such dimension
    float mean, deviation;
} sw_synth_tensor;

typedef struct sw_synth_tensors {
    const sw_preset *p;
    sw_synth_tensor *items;
    size_t n, cap;
    uint64_t bytes; // of all data
    bool failed;
} sw_synth_tensors;

/* Lists the tensors in file order; false when memory is short.  `out` is freed with sw_free(out->items) either way. */
bool sw_synth_tensors_list(const sw_preset *p, sw_synth_tensors *out);

#endif
