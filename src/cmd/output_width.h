/* output_width.h - how wide a table may be. */
#ifndef CMD_OUTPUT_WIDTH_H
#define CMD_OUTPUT_WIDTH_H

/* Characters in a line of the terminal at file descriptor `fd`; 80 if the terminal does not say; 0, which is any width,
 * if it is no terminal: files and pipes get whole tables. */
int output_width(int fd);

#endif
