/* device_names.h - what users call the memories of an engine: CPU, GPU, GPU1, cuda:1. */
#ifndef MODEL_DEVICE_NAMES_H
#define MODEL_DEVICE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

/* The names of an engine's devices, in their order. */
typedef struct device_names {
    const char *names[LIMIT_DEVICES];
    int n;
} device_names;

/* Writes the tier that a word means: CPU is RAM, GPU is TIER_ANY, GPUn the n-th device from 0, a device's name is that
 * device, CUDAn is cuda:n.  Where there are no devices, every name that one could have is TIER_ANY.  Returns false if
 * the word is none of them. */
bool device_names_find(const device_names *devices, const char *word, uint8_t *out);

/* ", GPU0 (cuda:0), GPU1 (cuda:1)", for messages. */
typedef struct device_list_text {
    char text[256];
} device_list_text;
device_list_text device_names_list(const device_names *devices);

#endif
