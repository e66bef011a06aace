/* device_names.c - words for tiers. */
#include "model/device_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/placement.h"

/* The number after a word, "GPU1"; -1: it is not of that form. */
static int number_after(const char *name, const char *word)
{
    const size_t n = strlen(word);
    if (strncasecmp(name, word, n) != 0)
        return -1;
    const char *const digits = name + n;
    const size_t length = strlen(digits);
    return length > 0 && length < 4 && strspn(digits, "0123456789") == length ? (int)strtol(digits, NULL, 10) : -1;
}

/* By its name, or as other engines spell cuda:1, CUDA1. */
static bool is_name(const char *name, const char *device)
{
    const int number = number_after(name, "CUDA");
    return strcasecmp(name, device) == 0 || (number >= 0 && number == number_after(device, "cuda:"));
}

/* Returns true if an engine could have a device of this name. */
static bool could_be_name(const char *name)
{
    return number_after(name, "GPU") >= 0 || number_after(name, "CUDA") >= 0 || number_after(name, "cuda:") >= 0 ||
           strncmp(name, "emu:", 4) == 0;
}

bool device_names_find(const device_names *devices, const char *name, uint8_t *out)
{
    const bool is_any = strcasecmp(name, "GPU") == 0 || (devices->n == 0 && could_be_name(name));
    *out = is_any ? TIER_ANY : TIER_RAM;
    if (is_any || strcasecmp(name, "CPU") == 0)
        return true;
    for (int i = 0; i < devices->n; i++) {
        *out = (uint8_t)tier_of_device(i);
        if (number_after(name, "GPU") == i || is_name(name, devices->names[i]))
            return true;
    }
    return false;
}

device_list_text device_names_list(const device_names *devices)
{
    device_list_text list = {""};
    for (int i = 0; i < devices->n; i++) {
        const size_t n = strlen(list.text);
        snprintf(list.text + n, sizeof list.text - n, ", GPU%d (%s)", i, devices->names[i]);
    }
    return list;
}
