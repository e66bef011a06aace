/* tiers.c - the description in use. */
#include "engine/tiers.h"

static engine_tiers in_use;

void tiers_set(const engine_tiers *tiers)
{
    in_use = tiers != NULL ? *tiers : (engine_tiers){0};
}

const engine_tiers *tiers_get(void)
{
    return &in_use;
}
