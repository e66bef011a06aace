/* scanners.h - the alternatives of the pre-tokenizers' regular expressions.
 *
 * Each scanner is one alternative, written as a linear scan: given a position in a piece it returns where its match
 * ends, or the position itself when it does not match.  A scanner sees nothing beyond the end of the piece.
 */
#ifndef TOKEN_SCANNERS_H
#define TOKEN_SCANNERS_H

#include <stddef.h>
#include <stdint.h>

/* One character of the text. */
typedef struct scan_char {
    uint32_t cp;
    uint16_t classes; // of char_class.h
    uint8_t size;     // bytes
} scan_char;

/* The part of a text that is being cut. */
typedef struct scan_piece {
    const scan_char *chars; // (n)
    size_t n;
} scan_piece;

/* Returns the end of the match at character i, or i. */
typedef size_t (*scanner)(const scan_piece *p, size_t i);

// Contractions: 's 't 're 've 'm 'll 'd
size_t scan_contraction(const scan_piece *p, size_t i);
size_t scan_contraction_any_case(const scan_piece *p, size_t i);

// Words.
size_t scan_spaced_letters(const scan_piece *p, size_t i);         // " ?\p{L}+"
size_t scan_white_letters(const scan_piece *p, size_t i);          // "\s?\p{L}+"
size_t scan_prefixed_letters(const scan_piece *p, size_t i);       // "[^\r\n\p{L}\p{N}]?\p{L}+"
size_t scan_prefixed_letters_marks(const scan_piece *p, size_t i); // "[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+"
size_t scan_cased_word(const scan_piece *p, size_t i);             // tekken's two word alternatives
size_t scan_cased_word_contraction(const scan_piece *p, size_t i); // gpt-4o's: the same, then a contraction
size_t scan_deepseek_letters(const scan_piece *p, size_t i);       // deepseek-llm, second expression
size_t scan_punct_word(const scan_piece *p, size_t i);             // deepseek-v3: ASCII punctuation, ASCII letters
size_t scan_deepseek_v3_word(const scan_piece *p, size_t i);       // "[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"

// Numbers.
size_t scan_number(const scan_piece *p, size_t i);         // "\p{N}"
size_t scan_numbers(const scan_piece *p, size_t i);        // "\p{N}+"
size_t scan_three_numbers(const scan_piece *p, size_t i);  // "\p{N}{1,3}"
size_t scan_spaced_numbers(const scan_piece *p, size_t i); // " ?\p{N}+"
size_t scan_three_digits(const scan_piece *p, size_t i);   // "[0-9][0-9][0-9]"

// Punctuation, symbols, and scripts of their own.
size_t scan_spaced_symbols(const scan_piece *p, size_t i);         // " ?[^\s\p{L}\p{N}]+"
size_t scan_symbols_newlines(const scan_piece *p, size_t i);       // ... then "[\r\n]*"
size_t scan_symbols_newlines_slash(const scan_piece *p, size_t i); // ... then "[\r\n/]*"
size_t scan_no_mark_symbols(const scan_piece *p, size_t i);        // " ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
size_t scan_punct_newlines(const scan_piece *p, size_t i);         // " ?[\p{P}\p{S}]+[\r\n]*"
size_t scan_white_punct(const scan_piece *p, size_t i);            // "\s?\p{P}+"
size_t scan_deepseek_symbols(const scan_piece *p, size_t i);       // deepseek-llm, third expression
size_t scan_default_punct(const scan_piece *p, size_t i);          // "[\p{P}\$\+<=>\^~\|]+"
size_t scan_falcon_punct(const scan_piece *p, size_t i);           // the same and the backtick
size_t scan_deepseek_cjk(const scan_piece *p, size_t i);
size_t scan_deepseek_v3_cjk(const scan_piece *p, size_t i);

// White space.
size_t scan_newline(const scan_piece *p, size_t i);         // "[\r\n]"
size_t scan_space_newlines(const scan_piece *p, size_t i);  // "\s*[\r\n]+"
size_t scan_spaces_but_last(const scan_piece *p, size_t i); // "\s+(?!\S)"
size_t scan_spaces(const scan_piece *p, size_t i);          // "\s+"
size_t scan_final_spaces(const scan_piece *p, size_t i);    // "\s+$"

#ifdef SPILLWAY_COUNT_LOOKS
/* For tests that compile the scanners with this macro: the number of times that a character was read. */
extern uint64_t scan_n_looks;
#endif

#endif
