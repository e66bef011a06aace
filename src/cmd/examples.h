/* examples.h - three examples of every command, for --help and man pages. */
#ifndef CMD_EXAMPLES_H
#define CMD_EXAMPLES_H

enum { N_EXAMPLES = 3 };

/* N_EXAMPLES command lines; NULL for a command without arguments worth an example. */
const char *const *examples_of(const char *command);

#endif
