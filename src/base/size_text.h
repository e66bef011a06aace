/* size_text.h - a number of bytes as people write it: three significant digits and the unit that fits. */
#ifndef BASE_SIZE_TEXT_H
#define BASE_SIZE_TEXT_H

#include <stdint.h>

typedef struct size_text {
    char text[16];
} size_text;

/* "0 B", "999 B", "1.05 MB", "16.4 GB", "120 GB"; powers of 1000.  As a struct, so that a sentence can hold several. */
size_text size_text_of(uint64_t bytes);

#endif
