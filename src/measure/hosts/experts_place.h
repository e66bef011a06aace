/* experts_place.h - where the experts of a model are, and the bytes from which that can be concluded. */
#ifndef HOSTS_EXPERTS_PLACE_H
#define HOSTS_EXPERTS_PLACE_H

typedef enum experts_place { EXPERTS_NOT_KNOWN, EXPERTS_IN_RAM, EXPERTS_IN_VRAM, EXPERTS_MIXED } experts_place;

/* "in RAM", ..., as FACT_EXPERTS_VERIFIED has it. */
const char *experts_place_name(experts_place place);

/* Of a model's file; NAN: not known. */
typedef struct model_bytes {
    double weights, experts;
    double table; // of the weights: the token embedding, if it is for look-up alone
} model_bytes;

#endif
