/* spelled_numbers.h - numbers in words, up to 999,999, and digits with "thousand", "million" or "billion" after them.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_SPELLED_NUMBERS_H
#define PROBLEMS_SPELLED_NUMBERS_H

#include "problems/answer_list.h"

/* Words of numbers become numbers, in place. */
void spelled_numbers_merge(answer_words *a);

#endif
