/* ws_cases.h - what a WebSocket server must do with a client's frames: cases after the families of the Autobahn test
 * suite (1 framing, 2 Pings, 3 reserved bits, 4 opcodes, 5 fragments, 6 UTF-8, 7 the end, 9 sizes, 10 many fragments),
 * then masks (11) and forms of lengths (12), for a server that answers as the one of http_fixture.h.
 */
#ifndef TEST_WS_CASES_H
#define TEST_WS_CASES_H

typedef struct ws_case {
    const char *name;
    const char *send;   // a script, see ws_script.h
    const char *expect; // the answer; of a Close only the code counts, and it comes last; B: the sum of these bytes
} ws_case;

/* Calls `check` for each case and returns how many there are. */
int ws_cases_each(void (*check)(void *ud, const ws_case *c), void *ud);

#endif
