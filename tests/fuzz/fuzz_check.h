/* fuzz_check.h - what a fuzz target claims of every input; a claim that does not hold is printed, and ends the process.
 */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define check(claim)                                                                                                   \
    do {                                                                                                               \
        if (!(claim)) {                                                                                                \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #claim);                                      \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
