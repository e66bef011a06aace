/* exit_code.h - how every command ends. */
#ifndef CMD_EXIT_CODE_H
#define CMD_EXIT_CODE_H

/* Exit codes that scripts can use (docs/commands.md). */
enum {
    CMD_EXIT_OK = 0,
    CMD_EXIT_FAILURE = 1,    // an error while running
    CMD_EXIT_USAGE = 2,      // the command line is wrong
    CMD_EXIT_THRESHOLD = 3,  // the run ended, and a test or threshold failed
    CMD_EXIT_INVALID = 4,    // the run ended without a valid result
    CMD_EXIT_INTERRUPT = 130 // Ctrl-C
};

#endif
