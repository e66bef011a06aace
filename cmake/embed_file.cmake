# Writes the file IN as a C array embedded_NAME to OUT.  A zero byte follows the content, so that text can be used
# as a C string.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n"
  bytes "${bytes}")
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
file(WRITE ${OUT}
"#include <stddef.h>
extern const unsigned char embedded_${NAME}[];
extern const size_t embedded_${NAME}_size;
const unsigned char embedded_${NAME}[] = {
${bytes}0x00};
const size_t embedded_${NAME}_size = ${size};
")
