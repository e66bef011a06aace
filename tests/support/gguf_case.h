/* gguf_case.h - one case of a test of the container reader: a file that was built must open, or must be rejected with a
 * message that helps. */
#ifndef TEST_GGUF_CASE_H
#define TEST_GGUF_CASE_H

#include "support/gguf_builder.h"
#include "support/temp_dir.h"

/* The file of the case at hand, begun and freed by cmocka's setup and teardown of each test. */
extern gguf_builder gguf_built;
int gguf_case_begin(void **state);
int gguf_case_end(void **state);

extern const uint64_t GGUF_ROW_OF_4[4];
/* Adds a tensor of four F32 numbers to gguf_built. */
void gguf_add_row(const char *name);

/* Where the functions below write the file. */
temp_path gguf_case_path(void);

/* Empties the builder for the next case. */
void gguf_again(gguf_builder *b);

/* Opens what was built; the test fails if that does. */
gguf_file *gguf_opened(const gguf_builder *b);

/* Opens what was built; it must fail with `expected`, and the message must name the file and `named`. */
void gguf_rejected(const gguf_builder *b, sw_code expected, const char *named);
/* The same with any file. */
void gguf_open_fails(const char *path, sw_code expected, const char *named);

#endif
