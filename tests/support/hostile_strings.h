/* hostile_strings.h - texts that become markup, commands, formulas or control sequences where a program forgets to
 * escape them (tests/data/hostile_strings.txt: one JSON string on a line, or {"text": ..., "times": n}).
 */
#ifndef TESTS_HOSTILE_STRINGS_H
#define TESTS_HOSTILE_STRINGS_H

#include <stddef.h>

/* Calls `test` for every string, valid UTF-8 without NUL; returns how many there are.  Fails the test if the file
 * cannot be read. */
size_t hostile_strings_for_each(void (*test)(const char *text, void *ud), void *ud);

#endif
