/* forced_agreement.h - whether two servers expect the same after each token of the fixed texts that they were given
 * (hosts/forced_text.h).  Pure.
 */
#ifndef FIGURES_FORCED_AGREEMENT_H
#define FIGURES_FORCED_AGREEMENT_H

#include "results/record.h"

typedef struct forced_agreement {
    int n_positions; // 0: one of them does not tell, or they cut the texts into other tokens
    int n_same;      // of them, with the same likeliest token
    bool is_equal;   // so are all log-probabilities that were told, to six decimals
} forced_agreement;

forced_agreement forced_agreement_of(const run_record *run, int subject, int server_a, int server_b);

#endif
