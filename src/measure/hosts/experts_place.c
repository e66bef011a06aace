/* experts_place.c - the names of places. */
#include "hosts/experts_place.h"

const char *experts_place_name(experts_place place)
{
    static const char *const NAMES[] = {[EXPERTS_NOT_KNOWN] = "not known",
                                        [EXPERTS_IN_RAM] = "in RAM",
                                        [EXPERTS_IN_VRAM] = "in VRAM",
                                        [EXPERTS_MIXED] = "mixed"};
    return NAMES[place];
}
