/* char_class.h - what the pre-tokenizers ask about a character.
 *
 * The classes are those of the regular expressions that the models were trained with: Unicode general categories, plus
 * the few sets that DeepSeek spelled out as ranges.
 */
#ifndef SW_CHAR_CLASS_H
#define SW_CHAR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SW_CC_LETTER = 1 << 0,  // \p{L}
    SW_CC_NUMBER = 1 << 1,  // \p{N}
    SW_CC_PUNCT = 1 << 2,   // \p{P}
    SW_CC_SYMBOL = 1 << 3,  // \p{S}
    SW_CC_MARK = 1 << 4,    // \p{M}
    SW_CC_SPACE = 1 << 5,   // \s
    SW_CC_NEWLINE = 1 << 6, // CR and LF
    SW_CC_UPPER = 1 << 7,   // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
    SW_CC_LOWER = 1 << 8,   // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
};

/* The classes of a code point, or'ed.  Unassigned ones have none. */
unsigned sw_char_class(uint32_t cp);

bool sw_is_deepseek_letter(uint32_t cp); // deepseek-llm, second expression
bool sw_is_deepseek_symbol(uint32_t cp); // deepseek-llm, third expression
bool sw_is_deepseek_cjk(uint32_t cp);    // deepseek-llm and deepseek-coder
bool sw_is_deepseek_v3_cjk(uint32_t cp); // deepseek-v3
bool sw_is_ascii_punct(uint32_t cp);
bool sw_is_ascii_letter(uint32_t cp);

#endif
