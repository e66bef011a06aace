/* char_class.h - the character classes of the pre-tokenizers.
 *
 * They are those of the regular expressions that the models were trained with: Unicode general categories, plus the few
 * sets that DeepSeek wrote as ranges.
 */
#ifndef TOKEN_CHAR_CLASS_H
#define TOKEN_CHAR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CC_LETTER = 1 << 0,  // \p{L}
    CC_NUMBER = 1 << 1,  // \p{N}
    CC_PUNCT = 1 << 2,   // \p{P}
    CC_SYMBOL = 1 << 3,  // \p{S}
    CC_MARK = 1 << 4,    // \p{M}
    CC_SPACE = 1 << 5,   // \s
    CC_NEWLINE = 1 << 6, // CR and LF
    CC_UPPER = 1 << 7,   // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
    CC_LOWER = 1 << 8,   // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
};

/* The classes of a code point, combined with |; 0 for unassigned ones. */
unsigned char_class(uint32_t cp);

bool char_is_deepseek_letter(uint32_t cp); // deepseek-llm, second expression
bool char_is_deepseek_symbol(uint32_t cp); // deepseek-llm, third expression
bool char_is_deepseek_cjk(uint32_t cp);    // deepseek-llm and deepseek-coder
bool char_is_deepseek_v3_cjk(uint32_t cp); // deepseek-v3
bool char_is_ascii_punct(uint32_t cp);
bool char_is_ascii_letter(uint32_t cp);

#endif
